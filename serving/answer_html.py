"""An explanation as HTML: text from outside is escaped, colours are the page's.

A run and a file's name may be a stranger's: whatever comes from them passes :func:`escape`.
"""

from html import escape
from urllib.parse import quote

import librosa
import numpy as np

from ..features import FAMILIES
from ..reports.html.blocks import bullets, details, figure, paragraph, table
from ..reports.html.figures import draw_svg
from ..runs import STACK
from .explanations import describe_reasons, describe_sureness

# Where gradio gives out files of the folders allowed to it.
_FILES = "gradio_api/file="
_FAMILIES_SHOWN = 6
_TICKS_HZ = (100, 500, 1000, 2000, 4000, 8000)


def message(text):
    """Give a message that a screen reader reads out at once."""
    return f'<div class="message" role="alert">{escape(text)}</div>'


def render_head(run, models, macro_f1):
    """Say which run answers, and how good it is out of fold."""
    return (
        f'<header class="head"><h1>What is this clip?</h1><p>Answered by {escape(run)}: '
        f"{escape(', '.join(models))}, stacked; macro F1 {macro_f1:.2f} out of fold.</p></header>"
    )


def render_hint(limits):
    """Say what may be dropped, while nothing is there yet."""
    return (
        '<p class="hint">WAV, FLAC, OGG or MP3 of any rate, up to '
        f"{limits.max_seconds:g} s and {limits.max_mb:g} MB. It stays on the machine that shows "
        "this page, and is deleted within the hour.</p>"
    )


def render_answer(explanation, sound=None):
    """Lay out everything that is known of a clip.

    Parameters
    ----------
    explanation : Explanation
    sound : callable, optional
        Gives the path of a sound file for the name of a training clip.

    Returns
    -------
    str
        HTML.
    """
    left = _card("How likely each is", _render_probabilities(explanation.probabilities))
    left += _card("What it looks like", _render_picture(explanation))
    right = _card("Why", _render_reasons(explanation))
    near = _card("What it is near to", _render_neighbours(explanation.neighbours, sound))
    return (
        '<div class="answer">'
        + "".join(message(text) for text in explanation.warnings)
        + _render_verdict(explanation)
        + f'<div class="columns"><div>{left}</div><div>{right}</div></div>{near}</div>'
    )


def render_answers(answers):
    """Lay out the answers for several files: a table, and what was left out."""
    shown = ""
    if len(answers.table):
        likeliest = answers.table.drop(columns=["path", "label"]).max(axis=1)
        rows = answers.table[["path", "label"]].assign(probability=likeliest).set_index("path")
        shown = table(rows, f"Answered: {len(rows)}", digits=2)
    for title, lines in (("Left out", answers.problems), ("Odd", answers.warnings)):
        if lines:
            shown += f'<div class="message" role="alert"><b>{title}</b>{bullets(lines)}</div>'
    return f'<div class="answer">{shown}</div>'


def _card(title, body):
    return f'<section class="card"><h2>{escape(title)}</h2>{body}</section>'


def _render_verdict(explanation):
    sureness = escape(describe_sureness(explanation.sureness, explanation.label))
    return (
        f'<div class="verdict"><p class="label">{escape(explanation.label)}</p>'
        f"<p>{sureness} Next comes {escape(explanation.runner_up)}.</p></div>"
    )


def _render_probabilities(proba):
    """Bars of the stack, a dot a model on each, and the numbers folded away."""
    models = [name for name in proba if name != STACK]
    legend = "".join(
        f'<span><i class="dot dot{i % 6}"></i>{escape(name)}</span>'
        for i, name in enumerate(models)
    )
    rows = "".join(_render_row(label, row, models) for label, row in proba.iterrows())
    said = ", ".join(f"{label} {value:.0%}" for label, value in proba[STACK].items())
    numbers = table(proba.rename_axis("class"), "Probability by model, and stacked", digits=3)
    return (
        f'<p class="legend"><span><i class="key"></i>stacked</span>{legend}</p>'
        f'<div class="bars" role="img" aria-label="{escape(said)}">{rows}</div>'
        + details("The numbers", numbers)
    )


def _render_row(label, row, models):
    dots = "".join(
        f'<i class="dot dot{i % 6}" style="left:{100 * row[name]:.1f}%"></i>'
        for i, name in enumerate(models)
    )
    return (
        f'<div class="bar"><span class="name">{escape(label)}</span><span class="track">'
        f'<i class="fill" style="width:{100 * row[STACK]:.1f}%"></i>{dots}</span>'
        f'<span class="value">{row[STACK]:.0%}</span></div>'
    )


def _render_reasons(explanation):
    if not explanation.reasons:
        return paragraph("None of the models is one whose reasons can be split by features.")
    label, runner_up = explanation.label, explanation.runner_up
    parts = [
        paragraph(describe_reasons(reasons, label, runner_up))
        + _render_families(reasons, label, runner_up)
        for reasons in explanation.reasons
    ]
    return "".join(parts)


def _render_families(reasons, label, runner_up):
    """Bars to the right for the answer, to the left for the runner-up."""
    shown = reasons.families.head(_FAMILIES_SHOWN)
    largest = max(float(shown.abs().max()), 1e-12)
    rows = "".join(_render_family(name, value, largest) for name, value in shown.items())
    said = ", ".join(
        f"{FAMILIES[name].explanation} {_signed(value)}" for name, value in shown.items()
    )
    return (
        f'<div class="bars pull" role="img" aria-label="{escape(reasons.model)}: {escape(said)}">'
        f'<div class="sides"><span>← {escape(runner_up)}</span><span>{escape(label)} →</span></div>'
        f"{rows}</div>"
        f'<p class="quiet">All families and the base together: {_signed(reasons.difference)}</p>'
    )


def _render_family(name, value, largest):
    side, width = ("for", value) if value > 0 else ("against", -value)
    return (
        f'<div class="bar"><span class="name" title="{escape(name)}">'
        f"{escape(FAMILIES[name].explanation)}</span>"
        f'<span class="track"><i class="{side}" style="width:{50 * width / largest:.1f}%"></i>'
        f'</span><span class="value">{_signed(value)}</span></div>'
    )


def _signed(value):
    return f"{value:+.2f}".replace("-", "−")


def _render_picture(explanation):
    alt = f"Log-mel spectrogram of {explanation.seconds:.1f} s, low tones at the bottom"
    svg = draw_svg(
        lambda axes: _draw_picture(axes, explanation), name="logmel", alt=alt, width=6.4, height=3.0
    )
    return figure(svg, "Log-mel spectrogram: time to the right, pitch upwards, bright is loud.")


def _draw_picture(axes, explanation):
    picture, sr = explanation.picture, explanation.sr
    axes.imshow(
        picture,
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


def _render_neighbours(neighbours, sound):
    if not neighbours:
        return paragraph("The training clips are not at hand: none can be named, or played.")
    items = "".join(_render_neighbour(near, sound) for near in neighbours)
    note = "Training clips whose features point the same way: distance 0 is the same, 1 unrelated."
    return f'{paragraph(note)}<ol class="near">{items}</ol>'


def _render_neighbour(near, sound):
    name, label = escape(near.clip), escape(near.label)
    path = quote(str(sound(near.clip)))
    return (
        f'<li><span><b>{label}</b> <span class="quiet">{name}</span></span>'
        f'<span class="value">{near.distance:.2f}</span>'
        f'<audio controls preload="none" aria-label="{name}" src="{_FILES}{path}"></audio></li>'
    )
