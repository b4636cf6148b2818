"""The ladder of models: how good each is on every side, and how sure that is."""

import pandas as pd

from ...models.model_name import ModelName
from ...stacking.meta_model import score_table
from ...stacking.metrics import paired_difference
from ..html.figures import (
    MAIN,
    SECOND,
    THIRD,
    WIDTH,
    draw_svg,
    height,
    name_rows,
    put_legend,
    write_beside,
)
from ..html.section import Section, bullets, callout, figure, paragraph, signed, table

_LOOKS = ((MAIN, "o"), (SECOND, "D"), (THIRD, "s"))
_ABOUT = (
    "Macro F1: the mean of the F1 of all classes. Out of fold, every clip is scored by models that "
    "saw neither its songs nor its noise, and the stack is nested: its second level has not seen "
    "the fold it is scored on. Bars are 95 % intervals over draws of whole groups of clips that "
    "share songs."
)


def ladder_section(sides, note=""):
    """Show the macro F1 of every model.

    Parameters
    ----------
    sides : dict of str to DataFrame
        By name of the side, the one to trust first, at most three: a row a model; columns
        ``macro_f1``, and ``low`` and ``high`` of its interval.
    note : str
        HTML that no reader shall miss.

    Returns
    -------
    Section
    """
    first = next(iter(sides.values())).sort_values("macro_f1", kind="stable")
    best = first.iloc[-1]
    alt = (
        f"Macro F1 of {len(first)} models with 95 % intervals, {', '.join(sides)}. "
        f"{best.name} is best with {best.macro_f1:.3f}, {first.index[0]} last with "
        f"{first.macro_f1.iloc[0]:.3f}."
    )
    svg = draw_svg(
        lambda axes: _draw(axes, sides, list(first.index)),
        name="ladder",
        alt=alt,
        size=(WIDTH, height(len(first), 0.14 + 0.17 * len(sides))),
    )
    return Section(
        "scores",
        "Scores",
        paragraph(_ABOUT)
        + figure(svg, "Each model’s score and interval, the best on top.")
        + (callout(note) if note else "")
        + table(_table(sides, first.index[::-1]), "Macro F1 and its 95 % interval"),
    )


def _draw(axes, sides, models):
    """Draw a dot a model and side, its interval, and the number of the first side."""
    step = 0.8 / len(sides)
    for i, ((name, scores), (colour, marker)) in enumerate(
        zip(sides.items(), _LOOKS, strict=False)
    ):
        rows = [y + step * ((len(sides) - 1) / 2 - i) for y in range(len(models))]
        shown = scores.loc[models]
        axes.hlines(rows, shown["low"], shown["high"], color=colour, linewidth=1.4)
        axes.plot(shown["macro_f1"], rows, marker, color=colour, markersize=5, label=name)
        for y, score, high in zip(rows, shown["macro_f1"], shown["high"], strict=True):
            write_beside(axes, high, y, f"{score:.3f}")
    low = min(scores["low"].min() for scores in sides.values())
    high = max(scores["high"].max() for scores in sides.values())
    # Room for the numbers to the right of the last interval.
    axes.set_xlim(max(low - 0.04, -0.01), high + 0.16 * (high - low) + 0.01)
    name_rows(axes, models)
    axes.set_xlabel("macro F1")
    if len(sides) > 1:
        put_legend(axes)


def _table(sides, models):
    columns = {}
    for name, scores in sides.items():
        shown = scores.loc[models]
        columns[name] = shown["macro_f1"]
        columns[f"{name}, 95 %"] = [
            f"{low:.3f} – {high:.3f}" for low, high in zip(shown["low"], shown["high"], strict=True)
        ]
    return pd.DataFrame(columns, index=models).rename_axis("model")


_DRAWS = 500


def scores_section(run, sides, *, has_gap):
    """Write of the scores.

    Parameters
    ----------
    run : Run
    sides : list of Side
    has_gap : bool
        Whether the report has a section ``gap`` to point to.

    Returns
    -------
    Section
    """
    tables = {side.name: score_table(side.truth, side.guesses, side.groups) for side in sides}
    return ladder_section(tables, _note(run, sides, has_gap))


def _note(run, sides, has_gap):
    """Say where a deep model is behind logistic regression; empty where none is."""
    lines = [
        line
        for side in sides
        for net, linear in _pairs(run)
        if (line := compare_with_linear(side, net, linear))
    ]
    if not lines:
        return ""
    note = paragraph("A deep model loses to logistic regression here:") + bullets(lines)
    if has_gap:
        why = "The usual reason is that training clips are unlike the test clips:"
        return note + paragraph(why, ("gap", "see the gap."))
    return note + paragraph(
        "The usual reasons are too few training clips, and training clips unlike the test clips: "
        f"stemstack gap {run.config.data} measures that."
    )


def _pairs(run):
    """List the deep models of a run, each with the first logistic regression beside it."""
    names = dict(zip(run.model_names, map(ModelName.parse, run.config.models), strict=True))
    linear = next(
        (column for column, name in names.items() if name.base == "lr" and not name.source), None
    )
    # Only networks have a device that had to be resolved.
    nets = [column for column in names if "device" in run.resolved.get(column, {})]
    return [(net, linear) for net in nets] if linear else []


def compare_with_linear(side, net, linear):
    """Say that a deep model scores below logistic regression, and how sure that is.

    Parameters
    ----------
    side : Side
    net, linear : str
        Names of models.

    Returns
    -------
    str or None
        None where the deep model is not behind.
    """
    scores = [side.scores[model]["macro_f1"] for model in (net, linear)]
    if scores[0] >= scores[1]:
        return None
    _, low, high = paired_difference(
        side.truth, side.guesses[net], side.guesses[linear], side.groups, n_draws=_DRAWS
    )
    sure = "chance may explain it" if high >= 0 else "more than chance"
    return (
        f"{side.name}: {net} has {scores[0]:.3f}, {linear} {scores[1]:.3f}; a difference of "
        f"{signed(scores[0] - scores[1], 3)}, 95 % interval {signed(low, 3)} to "
        f"{signed(high, 3)}: {sure}."
    )
