"""The worst mistakes as HTML: each heard, seen, and told by truth, guess and what is in the mix."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import librosa
import numpy as np
import pandas as pd

from ...audio import DEFAULT_SR, load_clip
from ...audio.levels import amplitude_to_db
from ...exceptions import DataError, first_line
from ...features import log_mel
from ...runs.predictions import model_proba
from ...runs.run import STACK
from ...runs.stored_clips import find_test, find_training, open_data, recipes_of
from ..html.audio_player import draw_sound, player
from ..html.section import Section, figure, fold, heading, paragraph, percent, table


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


# Some 9 s of 16 clips are 1 MB of the page.
_SECONDS = 9.0
_N_MELS, _HOP = 64, 1024


def mistakes_section(run, *, truth=None, n_mistakes=8, sound=True, cache, n_jobs=None, progress):
    """Write of the clips where the stack was most confidently wrong.

    Parameters
    ----------
    run : Run
    truth : dict of str to str, optional
        Labels of the test clips by id, where they are known.
    n_mistakes : int, default=8
        At most, out of fold and on the test each.
    sound : bool, default=True
        Whether they can be heard and seen; some 60 kB each.
    cache : Path
    n_jobs : int, optional
    progress : NullProgress

    Returns
    -------
    Section
        Without players, and with the reason, where the data set is gone.
    """
    means = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    sides = {"out of fold": find_mistakes(run, n_mistakes=n_mistakes)}
    if truth is not None:
        sides["on the test"] = find_mistakes(run, truth, n_mistakes=n_mistakes)
    problem = ""
    try:
        recipes = recipes_of(run)
        sides["out of fold"] = [_add_parts(mistake, recipes) for mistake in sides["out of fold"]]
        if sound:
            sides = _add_sound(run, sides, recipes, **means)
    except DataError as error:
        problem = no_players(first_line(error))
    body = problem + paragraph(
        "The clips of which the stack was surest that they are something else. A model that says "
        "the truth here has something to teach the others; one that is misled with them may share "
        "their features."
    )
    for side, mistakes in sides.items():
        body += heading(f"Worst {side}") + (
            mistake_cards(mistakes, f"mistake-{side.replace(' ', '-')}")
            or paragraph("No clip was taken for another class.")
        )
    return Section("mistakes", "Worst mistakes", body)


def find_mistakes(run, truth=None, *, n_mistakes=8):
    """Find the clips with the highest probability for a wrong class.

    Parameters
    ----------
    run : Run
    truth : dict of str to str, optional
        Labels of the test clips by id; without them the training clips are looked at, out of fold.
    n_mistakes : int, default=8

    Returns
    -------
    list of Mistake
        The surest first, without sound.
    """
    classes = run.metrics["classes"]
    table = run.read_table("ledger/oof" if truth is None else "ledger/test")
    names = table["clip" if truth is None else "id"]
    labels = table["label"] if truth is None else names.map(truth)
    said = {model: model_proba(table, model, classes) for model in (*run.model_names, STACK)}
    guesses = np.array(classes, dtype=object)[said[STACK].argmax(axis=1)]
    sure = np.where(guesses == labels.to_numpy(dtype=object), -1, said[STACK].max(axis=1))
    worst = [row for row in np.argsort(-sure, kind="stable")[:n_mistakes] if sure[row] >= 0]
    return [
        Mistake(
            str(names[row]),
            labels[row],
            guesses[row],
            float(sure[row]),
            _by_model({m: p[row] for m, p in said.items()}, classes, labels[row], guesses[row]),
        )
        for row in worst
    ]


def _by_model(said, classes, truth, guess):
    rows = {
        model: {
            f"{truth} (truth)": float(probabilities[classes.index(truth)]),
            f"{guess} (guess)": float(probabilities[classes.index(guess)]),
            "says": classes[int(probabilities.argmax())],
        }
        for model, probabilities in said.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")


def _add_parts(mistake, recipes):
    """Say what a mashup is made of; a clip that is none stays as it is."""
    if mistake.clip not in recipes:
        return mistake
    recipe = recipes[mistake.clip]
    stems = [
        (part.stem, part.song, f"× {part.rate:.2f}", f"{_decibels(part.gain):+.1f} dB")
        for part in recipe.stems
    ]
    noises = [("noise", Path(part.path).stem, "", _noise_level(part)) for part in recipe.noises]
    parts = pd.DataFrame(stems + noises, columns=["part", "from", "tempo", "level"])
    return replace(mistake, parts=parts.set_index("part"))


def _noise_level(part):
    if part.gain is None:
        return f"{part.snr:.1f} dB below the stems"
    return f"{_decibels(part.gain):+.1f} dB"


def _decibels(gain):
    return amplitude_to_db(max(gain, 1e-6))


def _add_sound(run, sides, recipes, *, cache, n_jobs, progress):
    data = open_data(run, cache=cache, progress=progress)
    means = {"cache": cache, "n_jobs": n_jobs, "progress": progress}
    find = {
        "out of fold": partial(find_training, data, recipes, **means),
        "on the test": partial(find_test, data),
    }
    return {
        side: [
            replace(mistake, excerpt=_cut(clip))
            for mistake, clip in zip(
                mistakes, find[side]([mistake.clip for mistake in mistakes]), strict=True
            )
        ]
        for side, mistakes in sides.items()
    }


def _cut(clip):
    """Cut some seconds out of the middle of a clip."""
    samples, sr = load_clip(clip), DEFAULT_SR
    start = max(0, (len(samples) - round(_SECONDS * sr)) // 2)
    samples = samples[start : start + round(_SECONDS * sr)]
    return Excerpt(
        samples,
        sr,
        start / sr,
        log_mel(samples, sr, hop_length=_HOP, n_mels=_N_MELS),
        librosa.mel_frequencies(n_mels=_N_MELS, fmax=sr / 2),
    )
