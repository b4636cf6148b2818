"""Explanations and predictions as HTML.

Run and file names may be untrusted: the templates escape all text.
"""

from functools import cache
from pathlib import Path
from urllib.parse import quote

import librosa
import numpy as np

from ..features import FAMILIES
from ..reports.html.blocks import details, figure, join, make_environment, table
from ..reports.html.figures import draw_svg
from ..reports.html.timeline import class_colours, legend, timeline
from ..runs import STACK
from .explanations import describe_confidence, describe_reasons

# Prefix of the URLs of files in folders that gradio may serve.
_FILES = "gradio_api/file="
_MAX_FAMILIES = 6
_TICKS_HZ = (100, 500, 1000, 2000, 4000, 8000)


@cache
def _environment():
    return make_environment(Path(__file__).parent / "templates", "serve")


def _macro(name, *arguments):
    return getattr(_environment().get_template("answer.html").module, name)(*arguments)


def message(text):
    """Render a message that screen readers announce."""
    return _macro("message", text)


def render_head(run, models, macro_f1):
    """Render the head of the page: name, models and score of the run."""
    return _macro("head", run, models, macro_f1)


def render_hint(limits):
    """Render which files are accepted."""
    return _macro("hint", limits)


def render_explanation(explanation, sound=None):
    """Render the explanation of one clip.

    Parameters
    ----------
    explanation : Explanation
    sound : callable, optional
        Returns the path of a sound file for the name of a training clip.

    Returns
    -------
    Markup
    """
    proba = explanation.probabilities
    models = [name for name in proba if name != STACK]
    label = ", ".join(f"{name} {value:.0%}" for name, value in proba[STACK].items())
    rows = [(name, row[STACK], [row[model] for model in models]) for name, row in proba.iterrows()]
    numbers = table(proba.rename_axis("class"), "Probability by model, and stacked", digits=3)
    return _macro(
        "explanation",
        explanation,
        describe_confidence(explanation.confidence, explanation.label),
        _macro("probabilities", models, rows, label),
        details("The numbers", numbers),
        _render_windows(explanation.windows),
        _render_spectrogram(explanation),
        join(_render_reasons(one, explanation) for one in explanation.reasons),
        [(clip, f"{_FILES}{quote(str(sound(clip.clip)))}") for clip in explanation.nearest],
    )


def render_predictions(predictions):
    """Render the predictions of several files: a table, and the files that were left out."""
    rows = ""
    if len(predictions.table):
        proba = predictions.table.drop(columns=["path", "label"]).max(axis=1)
        frame = predictions.table[["path", "label"]].assign(probability=proba).set_index("path")
        rows = table(frame, f"Predicted: {len(frame)}", digits=2)
    return _macro("predictions", rows, predictions.problems, predictions.warnings)


def _render_windows(windows):
    """Render the timeline of a long clip; nothing for others."""
    if windows is None:
        return ""
    colours = class_colours([windows])
    return legend(colours) + timeline(windows, "Windows", colours, seekable=True)


def _render_reasons(reasons, explanation):
    families = reasons.families.head(_MAX_FAMILIES)
    largest = max(float(families.abs().max()), 1e-12)
    rows = [
        (
            name,
            FAMILIES[name].explanation,
            "for" if value > 0 else "against",
            50 * abs(value) / largest,
            _signed(value),
        )
        for name, value in families.items()
    ]
    aria_label = ", ".join(f"{text} {value}" for _, text, _, _, value in rows)
    label, runner_up = explanation.label, explanation.runner_up
    return _macro(
        "reasons",
        describe_reasons(reasons, label, runner_up),
        rows,
        f"{reasons.model}: {aria_label}",
        label,
        runner_up,
        _signed(reasons.difference),
    )


def _signed(value):
    return f"{value:+.2f}".replace("-", "−")


def _render_spectrogram(explanation):
    svg = draw_svg(
        lambda axes: _draw_spectrogram(axes, explanation),
        name="logmel",
        alt=f"Log-mel spectrogram of {explanation.seconds:.1f} s, low frequencies at the bottom",
        width=6.4,
        height=3.0,
    )
    return figure(svg, "Log-mel spectrogram: time to the right, frequency upwards, bright is loud.")


def _draw_spectrogram(axes, explanation):
    sr = explanation.sr
    axes.imshow(
        explanation.log_mel,
        origin="lower",
        aspect="auto",
        cmap="magma",
        interpolation="none",
        extent=(0, explanation.seconds, 0, librosa.hz_to_mel(sr / 2)),
    )
    ticks = [hz for hz in _TICKS_HZ if hz < sr / 2]
    axes.set_yticks(librosa.hz_to_mel(np.array(ticks)), [f"{hz:g}" for hz in ticks])
    axes.set_xlabel("s")
    axes.set_ylabel("Hz")
