"""Class frequencies, folds, and test clips that were left out."""

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency

from ...datasets.label_sets import explode_labels
from ...runs.predictions import predict_y
from ...stacking import fold_balance
from ..html import figures
from ..html.blocks import bullets, details, figure, heading, paragraph, percent, signed, table
from ..section import Section

# A figure of more rows is unreadable; the most frequent classes are drawn.
_MAX_ROWS = 40
_LABELS = "A clip may have any number of labels, or none: frequencies are those among all labels."
_OUT_OF_FOLD, _TEST = "predicted, out of fold", "predicted, test"
# Colour, marker and marker size of each column.
_STYLES = {
    "training": (figures.THIRD, "|", 11),
    _OUT_OF_FOLD: (figures.MAIN, "o", 5),
    _TEST: (figures.SECOND, "D", 5),
}


def collect(inputs):
    """Count classes by fold, in the training data and in the stack's predictions."""
    run, first = inputs.run, inputs.evaluations[0]
    labels = {"training": first.y_true, _OUT_OF_FOLD: first.y_pred[first.stack]}
    if (run.path / "ledger/test.parquet").exists():
        labels[_TEST] = predict_y(run, run.read_table("ledger/test"), first.stack)
    counts = {name: _count(y, first.classes) for name, y in labels.items()}
    oof = run.read_table("ledger/oof")
    labels = explode_labels(oof["label"], run.config.label_separator)
    return {
        "counts": pd.DataFrame(counts, first.classes).fillna(0).rename_axis("class"),
        "folds": fold_balance(labels, oof["fold"][labels.index]),
        "multilabel": first.is_multilabel,
        "left_out": run.metrics["left_out"],
        "curve": run.learning_curve,
        "self_training": run.metrics.get("self_training", {}),
    }


def _count(y, classes):
    """Count the clips of each class, or with each label."""
    return pd.Series(y).value_counts() if y.ndim == 1 else pd.Series(y.sum(axis=0), classes)


def render(data):
    """Render class frequencies, folds and the clips that were left out."""
    fractions = data["counts"] / data["counts"].sum()
    drawn = fractions.sort_values(fractions.columns[-1], kind="stable").iloc[-_MAX_ROWS:]
    svg = figures.draw_svg(
        lambda axes: _draw(axes, drawn),
        name="shares",
        alt=_describe_figure(fractions),
        height=figures.figure_height(len(drawn)),
    )
    body = paragraph(_LABELS if data["multilabel"] else describe_shift(data["counts"]))
    body += figure(svg, "Frequency of each class in the training clips and in the predictions.")
    body += details("Class frequencies as a table", table(fractions, "Fraction of the clips"))
    body += heading("Folds")
    folds = data["folds"].assign(all=data["folds"].sum(axis=1)).rename_axis("class")
    body += table(folds, "Training clips by class and the fold they are held out in")
    if data["curve"] is not None:
        body += heading("Number of mashups")
        body += _render_curve(data["curve"])
    if data["self_training"]:
        body += heading("Self-training")
        lines = [
            f"{name}, round {number} {one['in_words']}"
            for name, found in data["self_training"].items()
            for number, one in enumerate(found["rounds"], 1)
        ]
        body += bullets(lines)
    if data["left_out"]:
        body += heading("Test clips left out")
        body += paragraph(
            f"{len(data['left_out'])} test clips could not be read and are not in the submission:"
        )
        body += bullets(data["left_out"])
    return body


def _render_curve(curve):
    """Render the learning curve that decided on the number of mashups."""
    body = paragraph(". ".join(curve.describe()) + ".")
    if not curve.sizes:
        return body
    points = pd.DataFrame({"macro F1": curve.macro_f1}, index=curve.sizes)
    points = points.rename_axis("mashups per class")
    caption = "Out-of-fold macro F1 on the same mashups, by the number of training mashups"
    return body + table(points, caption)


def describe_shift(counts):
    """Compare the predicted class frequencies of test and out-of-fold clips.

    Parameters
    ----------
    counts : DataFrame
        One row per class; columns ``predicted, out of fold`` and, where there are test clips,
        ``predicted, test``.

    Returns
    -------
    str
        Result of a chi-squared test in words.
    """
    if _TEST not in counts:
        return "The data set has no test clips: classes can be compared with training only."
    pair = counts[[_OUT_OF_FOLD, _TEST]]
    pair = pair[pair.sum(axis=1) > 0]
    p_value = chi2_contingency(pair).pvalue if len(pair) > 1 else 1.0
    if p_value >= 0.01:
        return (
            "The stack predicts the classes about as often on the test clips as out of fold "
            f"(χ² test, clips taken as independent: p = {p_value:.2f}): no sign of a label shift."
        )
    fractions = pair / pair.sum()
    difference = fractions[_TEST] - fractions[_OUT_OF_FOLD]
    largest = difference.sort_values(key=np.abs, ascending=False).iloc[:3]
    points = ", ".join(
        f"{label} {'+' * bool(by > 0)}{signed(100 * by, 0)}" for label, by in largest.items()
    )
    return (
        "The stack predicts other class frequencies on the test clips than out of fold: "
        f"{points} percentage points (χ² test, clips taken as independent: p = {p_value:.1g}). "
        "Either the class frequencies of the test differ, which stemstack predict --decode "
        "corrects, or its clips are unlike the training clips and resemble some classes more."
    )


def _describe_figure(fractions):
    last = fractions.iloc[:, -1].sort_values(ascending=False, kind="stable")
    most, least = percent(last.iloc[0], 1), percent(last.iloc[-1], 1)
    return (
        f"Frequency of each class: {', '.join(fractions.columns)}. {last.name}: {last.index[0]} "
        f"most ({most}), {last.index[-1]} least ({least})."
    )


def _draw(axes, fractions):
    rows = range(len(fractions))
    for name, values in fractions.items():
        colour, marker, size = _STYLES[name]
        edge = {"markeredgewidth": 2} if marker == "|" else {}
        axes.plot(values, rows, marker, color=colour, markersize=size, label=name, zorder=3, **edge)
    axes.set_xlim(0, fractions.to_numpy().max() * 1.1)
    figures.label_rows(axes, list(fractions.index))
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))
    figures.add_legend(axes)


DATA = Section("Classes and folds", "data", collect, render)
