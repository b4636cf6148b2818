"""F1 by class of every model."""

import pandas as pd

from ..html import figures
from ..html.blocks import details, figure, join, paragraph, table
from ..section import Section

# A figure of more rows is unreadable; the weakest classes are drawn.
_MAX_ROWS = 40


def collect(inputs):
    """Collect the F1 by class (rows) and model (columns) of every evaluation."""
    first = inputs.evaluations[0]
    return {
        "stack": first.stack,
        "f1": {evaluation.name: _f1(evaluation) for evaluation in inputs.evaluations},
    }


def _f1(evaluation):
    columns = {model: score["per_class_f1"] for model, score in evaluation.scores.items()}
    return pd.DataFrame(columns, index=evaluation.classes).rename_axis("class")


def render(data):
    """Render a summary, a figure of the first two evaluations, and a table per evaluation."""
    stack, tables = data["stack"], data["f1"]
    name, first = next(iter(tables.items()))
    order = first[stack].sort_values(kind="stable")
    drawn = list(order.index[:_MAX_ROWS])
    alt = (
        f"F1 by class {name}, of {stack} and the base models. The weakest class is "
        f"{order.index[0]} with {order.iloc[0]:.3f}, the strongest {order.index[-1]} with "
        f"{order.iloc[-1]:.3f}."
    )
    svg = figures.draw_svg(
        lambda axes: _draw(axes, tables, stack, drawn),
        name="classes",
        alt=alt,
        height=figures.figure_height(len(drawn)),
    )
    cut = f" The {_MAX_ROWS} weakest of {len(order)} classes." if len(order) > _MAX_ROWS else ""
    return (
        paragraph(_summarise(first, stack, name))
        + figure(svg, f"Grey: the base models, {name}.{cut}")
        + join(
            details(name, table(f1, f"F1 by class, {name}", heat=True), open=i == 0)
            for i, (name, f1) in enumerate(tables.items())
        )
    )


def _summarise(f1, stack, name):
    order = f1[stack].sort_values(kind="stable")
    best = f1.drop(columns=stack).loc[order.index].idxmax(axis=1)
    better = [
        f"{label} ({best[label]})"
        for label, score in order.items()
        if f1.loc[label, best[label]] > score
    ]
    hardest = ", ".join(f"{label} {value:.3f}" for label, value in order.iloc[:3].items())
    text = f"The most difficult classes for {stack}, {name}: {hardest}."
    if better:
        more = f" and {len(better) - 5} more" if len(better) > 5 else ""
        text += f" A base model does better than {stack} on {', '.join(better[:5])}{more}."
    return text


def _draw(axes, tables, stack, classes):
    rows = range(len(classes))
    base = next(iter(tables.values())).loc[classes].drop(columns=stack)
    axes.hlines(rows, base.min(axis=1), base.max(axis=1), color=figures.FAINT, linewidth=1)
    for i, model in enumerate(base):
        label = "base models" if i == 0 else None
        axes.plot(base[model], rows, "o", color=figures.THIRD, markersize=3, label=label)
    styles = ((figures.MAIN, "o"), (figures.SECOND, "D"))
    for (name, f1), (colour, marker) in zip(tables.items(), styles, strict=False):
        size = 6 - len(marker)
        values = f1.loc[classes, stack]
        axes.plot(values, rows, marker, color=colour, markersize=size, label=f"{stack}, {name}")
    axes.set_xlim(-0.02, 1.02)
    figures.label_rows(axes, classes)
    axes.set_xlabel("F1")
    figures.add_legend(axes)


CLASSES = Section("F1 by class", "classes", collect, render)
