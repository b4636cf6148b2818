"""F1 by class: which classes are hard, and which model is good at them."""

import pandas as pd

from ..html.figures import (
    FAINT,
    MAIN,
    SECOND,
    THIRD,
    WIDTH,
    draw_svg,
    height,
    name_rows,
    put_legend,
)
from ..html.section import Section, figure, fold, paragraph, table

# More rows than this are no picture any more; the weakest are drawn.
_MOST = 40


def classes_section(sides):
    """Show the F1 of every class.

    Parameters
    ----------
    sides : sequence of Side

    Returns
    -------
    Section
    """
    first = sides[0]
    scores = _f1(first)
    order = scores[first.stack].sort_values(kind="stable")
    shown = list(order.index[:_MOST])
    alt = (
        f"F1 by class {first.name}, of {first.stack} and the other models. The weakest class is "
        f"{order.index[0]} with {order.iloc[0]:.3f}, the strongest {order.index[-1]} with "
        f"{order.iloc[-1]:.3f}."
    )
    svg = draw_svg(
        lambda axes: _draw(axes, sides, shown),
        name="classes",
        alt=alt,
        size=(WIDTH, height(len(shown))),
    )
    cut = f" The {_MOST} weakest of {len(order)} classes." if len(order) > _MOST else ""
    tables = [
        fold(side.name, table(_f1(side), f"F1 by class, {side.name}", heat=True), opened=i == 0)
        for i, side in enumerate(sides)
    ]
    return Section(
        "classes",
        "F1 by class",
        paragraph(_words(order, first))
        + figure(svg, f"Grey: the models that {first.stack} is made of, {first.name}.{cut}")
        + "".join(tables),
    )


def _f1(side):
    """Lay F1 out: a row a class, a column a model."""
    columns = {model: score["per_class_f1"] for model, score in side.scores.items()}
    return pd.DataFrame(columns, index=side.classes).rename_axis("class")


def _words(order, side):
    better = {
        label: max(side.models, key=lambda model: side.scores[model]["per_class_f1"][label])
        for label in order.index
    }
    over = [
        f"{label} ({model})"
        for label, model in better.items()
        if side.scores[model]["per_class_f1"][label] > order[label]
    ]
    text = (
        f"Hardest for {side.stack}, {side.name}: "
        + ", ".join(f"{label} {f1:.3f}" for label, f1 in order.iloc[:3].items())
        + "."
    )
    if over:
        named = ", ".join(over[:5]) + (f" and {len(over) - 5} more" if len(over) > 5 else "")
        text += f" A single model does better than {side.stack} at {named}."
    return text


def _draw(axes, sides, classes):
    rows = range(len(classes))
    first = sides[0]
    table = _f1(first).loc[classes]
    others = table[first.models]
    axes.hlines(rows, others.min(axis=1), others.max(axis=1), color=FAINT, linewidth=1)
    for i, model in enumerate(first.models):
        label = "models" if i == 0 else None
        axes.plot(others[model], rows, "o", color=THIRD, markersize=3, label=label)
    for side, colour, marker in zip(sides[:2], (MAIN, SECOND), ("o", "D"), strict=False):
        shown = _f1(side).loc[classes, side.stack]
        label = f"{side.stack}, {side.name}"
        axes.plot(shown, rows, marker, color=colour, markersize=6 - len(marker), label=label)
    axes.set_xlim(-0.02, 1.02)
    name_rows(axes, classes)
    axes.set_xlabel("F1")
    put_legend(axes)
