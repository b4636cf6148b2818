"""Most confident mistakes of the stack: predictions, parts of the mashup, and an excerpt."""

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
from ...runs.stored_clips import find_test, find_training
from ..html.audio_player import draw_clip, player
from ..html.blocks import details, figure, heading, join, paragraph, percent, table
from ..section import Section

# Excerpts of 16 clips add about 1 MB to the page.
_SECONDS = 9.0
_N_MELS, _HOP = 64, 1024
_OUT_OF_FOLD, _TEST = "out of fold", "on the test clips"


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Excerpt of a clip.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
        In [-1, 1].
    sr : int
        Sample rate in Hz.
    start : float
        Start within the clip, in s.
    log_mel : ndarray of shape (n_mels, n_frames)
        In dB.
    bands : ndarray of shape (n_mels,)
        Centre frequencies of the bands in Hz.
    """

    samples: np.ndarray
    sr: int
    start: float
    log_mel: np.ndarray
    bands: np.ndarray

    @property
    def seconds(self):
        """Start and end within the clip, in s."""
        return self.start, self.start + len(self.samples) / self.sr


@dataclass(frozen=True, eq=False)
class Mistake:
    """Clip that was classified wrongly.

    Parameters
    ----------
    clip, y_true, y_pred : str
    confidence : float
        Probability of the predicted class.
    by_model : DataFrame
        One row per model: probabilities of the true and the predicted class, and its prediction.
    parts : DataFrame or None
        One row per part of a mashup.
    excerpt : Excerpt or None
        None where the clip cannot be read.
    """

    clip: str
    y_true: str
    y_pred: str
    confidence: float
    by_model: pd.DataFrame
    parts: pd.DataFrame | None = None
    excerpt: Excerpt | None = None


def collect(inputs, *, n_mistakes=8):
    """Collect the clips for which the stack was most confidently wrong.

    Parameters
    ----------
    inputs : ReportInputs
    n_mistakes : int, default=8
        Number of clips, at most, out of fold and on the test clips each.

    Returns
    -------
    dict
        ``mistakes``, lists of :class:`Mistake` by evaluation, and ``problem``, the reason why clips
        cannot be played, or None.
    """
    run, problem = inputs.run, None
    mistakes = {_OUT_OF_FOLD: find_mistakes(run, n_mistakes=n_mistakes)}
    if inputs.test_labels is not None:
        mistakes[_TEST] = find_mistakes(run, inputs.test_labels, n_mistakes=n_mistakes)
    try:
        recipes = run.read_recipes()
        mistakes[_OUT_OF_FOLD] = [_add_parts(one, recipes) for one in mistakes[_OUT_OF_FOLD]]
        if inputs.audio:
            mistakes = _add_excerpts(inputs, mistakes, recipes)
    except DataError as error:
        problem = first_line(error)
    return {"mistakes": mistakes, "problem": problem}


def find_mistakes(run, test_labels=None, *, n_mistakes=8):
    """Find the clips with the highest probability of a wrong class.

    Parameters
    ----------
    run : Run
    test_labels : dict of str to str, optional
        Labels of the test clips by id; without them, out-of-fold predictions are searched.
    n_mistakes : int, default=8

    Returns
    -------
    list of Mistake
        The most confident first, without parts and excerpts.
    """
    classes = run.metrics["classes"]
    table = run.read_table("ledger/oof" if test_labels is None else "ledger/test")
    names = table["clip" if test_labels is None else "id"]
    y_true = table["label"] if test_labels is None else names.map(test_labels)
    proba = {model: model_proba(table, model, classes) for model in (*run.model_names, STACK)}
    y_pred = np.array(classes, dtype=object)[proba[STACK].argmax(axis=1)]
    right = y_pred == y_true.to_numpy(dtype=object)
    confidence = np.where(right, -1, proba[STACK].max(axis=1))
    order = np.argsort(-confidence, kind="stable")[:n_mistakes]
    return [
        Mistake(
            str(names[row]),
            y_true[row],
            y_pred[row],
            float(confidence[row]),
            _by_model({m: p[row] for m, p in proba.items()}, classes, y_true[row], y_pred[row]),
        )
        for row in order
        if confidence[row] >= 0
    ]


def _by_model(proba, classes, y_true, y_pred):
    rows = {
        model: {
            f"{y_true} (true)": float(values[classes.index(y_true)]),
            f"{y_pred} (predicted)": float(values[classes.index(y_pred)]),
            "prediction": classes[int(values.argmax())],
        }
        for model, values in proba.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")


def _add_parts(mistake, recipes):
    """Add the parts of a mashup; other clips are returned unchanged."""
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


def _add_excerpts(inputs, mistakes, recipes):
    resources = inputs.resources
    find = {
        _OUT_OF_FOLD: partial(find_training, inputs.data_set, recipes, resources=resources),
        _TEST: partial(find_test, inputs.data_set),
    }
    return {
        name: [
            replace(mistake, excerpt=cut_excerpt(clip))
            for mistake, clip in zip(found, find[name]([one.clip for one in found]), strict=True)
        ]
        for name, found in mistakes.items()
    }


def cut_excerpt(clip, seconds=_SECONDS):
    """Return an :class:`Excerpt` from the middle of a clip."""
    samples, sr = load_clip(clip), DEFAULT_SR
    start = max(0, (len(samples) - round(seconds * sr)) // 2)
    samples = samples[start : start + round(seconds * sr)]
    return Excerpt(
        samples,
        sr,
        start / sr,
        log_mel(samples, sr, hop_length=_HOP, n_mels=_N_MELS),
        librosa.mel_frequencies(n_mels=_N_MELS, fmax=sr / 2),
    )


def render(data):
    """Render one block per mistake, the first one of each evaluation open."""
    body = paragraph(
        "The clips for which the stack was most confident of a wrong class. A base model that "
        "predicts the true class here could help the others; models that make the same mistake may "
        "share their features."
    )
    if data["problem"] is not None:
        body = paragraph(f"The clips cannot be played here. {data['problem']}") + body
    for name, mistakes in data["mistakes"].items():
        body += heading(f"Most confident mistakes {name}")
        body += join(
            details(_title(one), _render(one, f"mistake-{name.replace(' ', '-')}-{i}"), open=i == 0)
            for i, one in enumerate(mistakes)
        ) or paragraph("Every clip is classified correctly.")
    return body


def _title(mistake):
    confusion = f"{mistake.y_true} taken for {mistake.y_pred}"
    return f"{confusion}, {percent(mistake.confidence)}: {mistake.clip}"


def _render(mistake, name):
    blocks = []
    if mistake.excerpt is not None:
        blocks.append(render_excerpt(mistake.clip, mistake.excerpt, name))
    blocks.append(table(mistake.by_model, "Probabilities by model", digits=2, heat=True))
    if mistake.parts is not None:
        blocks.append(table(mistake.parts, "Parts of the mashup"))
    return join(blocks)


def render_excerpt(clip, excerpt, name):
    """Render a player and a figure of an excerpt; ``name`` is unique within the page."""
    start, stop = excerpt.seconds
    label = f"{clip}, seconds {start:.1f} to {stop:.1f}"
    svg = draw_clip(
        excerpt.samples,
        excerpt.log_mel,
        excerpt.bands,
        seconds=excerpt.seconds,
        name=name,
        alt=f"Waveform and log-mel spectrogram of {label}",
    )
    return player(excerpt.samples, excerpt.sr, label) + figure(
        svg, f"Waveform and log-mel spectrogram of {label}."
    )


MISTAKES = Section("Worst mistakes", "mistakes", collect, render, needs_data=True, one_label=True)
