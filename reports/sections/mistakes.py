"""The worst mistakes as HTML: each heard, seen, and told by truth, guess and what is in the mix."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..section import figure, fold, paragraph, percent, table
from ..sound import draw_sound, player


@dataclass(frozen=True)
class Excerpt:
    """Some seconds of a clip.

    Attributes
    ----------
    samples : ndarray of shape (n_samples,), float32
        In [-1, 1].
    sr : int
        In Hz.
    start : float
        Where it begins in the clip, in s.
    log_mel : ndarray of shape (n_mels, n_frames)
        In dB.
    bands : ndarray of shape (n_mels,)
        Centres of the bands, in Hz.
    """

    samples: np.ndarray
    sr: int
    start: float
    log_mel: np.ndarray
    bands: np.ndarray

    @property
    def seconds(self):
        """Where the excerpt begins and ends, in s."""
        return self.start, self.start + len(self.samples) / self.sr


@dataclass(frozen=True)
class Mistake:
    """A clip that was taken for another class.

    Attributes
    ----------
    clip, truth, guess : str
    confidence : float
        Probability of the guess.
    by_model : DataFrame
        A row a model: probabilities of truth and guess, and what it would have said.
    parts : DataFrame or None
        What a mashup is made of, a row a part.
    excerpt : Excerpt or None
        None where the clip is out of reach.
    """

    clip: str
    truth: str
    guess: str
    confidence: float
    by_model: pd.DataFrame
    parts: pd.DataFrame | None = None
    excerpt: Excerpt | None = None


def mistake_cards(mistakes, name):
    """Lay mistakes out to be folded out one by one, the first one open.

    Parameters
    ----------
    mistakes : sequence of Mistake
    name : str
        Begins the names of their figures; unlike any other on the page.

    Returns
    -------
    str
        HTML.
    """
    return "".join(
        fold(_headline(mistake), _card(mistake, f"{name}-{i}"), opened=i == 0)
        for i, mistake in enumerate(mistakes)
    )


def _headline(mistake):
    taken = f"{mistake.truth} taken for {mistake.guess}"
    return f"{taken}, {percent(mistake.confidence)}: {mistake.clip}"


def _card(mistake, name):
    parts = [] if mistake.excerpt is None else [_sound(mistake, name)]
    parts.append(table(mistake.by_model, "Probabilities by model", digits=2, heat=True))
    if mistake.parts is not None:
        parts.append(table(mistake.parts, "What the mashup is made of"))
    return "".join(parts)


def _sound(mistake, name):
    excerpt = mistake.excerpt
    start, stop = excerpt.seconds
    told = f"{mistake.clip}, seconds {start:.1f} to {stop:.1f}"
    svg = draw_sound(
        excerpt.samples,
        excerpt.log_mel,
        excerpt.bands,
        seconds=excerpt.seconds,
        name=name,
        alt=f"Waveform and log-mel spectrogram of {told}",
    )
    heard = player(excerpt.samples, excerpt.sr, told)
    return f'<p class="player">{heard}</p>' + figure(svg, f"Waveform and log-mel of {told}.")


def no_players(reason):
    """Say why no clip can be heard."""
    return paragraph(f"The clips cannot be played here. {reason}")
