"""Calibration of the models: confidence compared with accuracy."""

import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve

from ..evaluation import OPTIMISTIC
from ..html import figures
from ..html.blocks import figure, paragraph, table
from ..section import Section

_BINS = 15
_CLIPS_PER_POINT = 25
_ABOUT = (
    "Of the predictions that a calibrated model makes with 80 % confidence, 8 in 10 are right: its "
    "curve lies on the diagonal. Below the diagonal the model is overconfident. The expected "
    "calibration error (ECE) is the mean distance between accuracy and confidence, over "
    f"{_BINS} bins of confidence weighted by their clips; it is larger for few clips. The bias is "
    "the accuracy minus the mean confidence."
)


def collect(inputs):
    """Collect confidence and correctness of every prediction, and the calibration errors."""
    evaluations = [e for e in inputs.evaluations if e.name != OPTIMISTIC] or inputs.evaluations
    predictions = {
        evaluation.name: {model: _predictions(evaluation, model) for model in evaluation.proba}
        for evaluation in evaluations
    }
    return {"predictions": predictions, "errors": _errors(predictions)}


def _predictions(evaluation, model):
    right = evaluation.y_pred[model] == evaluation.y_true
    # Rows in single precision may sum to slightly more than 1.
    confidence = np.clip(evaluation.proba[model].max(axis=1), 0, 1)
    return {"right": right, "confidence": confidence}


def _errors(predictions):
    columns = {}
    for name, by_model in predictions.items():
        columns[f"ECE, {name}"] = {
            model: expected_calibration_error(**one) for model, one in by_model.items()
        }
        columns[f"bias, {name}"] = {
            model: float(np.mean(one["right"]) - np.mean(one["confidence"]))
            for model, one in by_model.items()
        }
    return pd.DataFrame(columns).iloc[::-1].rename_axis("model")


def expected_calibration_error(right, confidence, n_bins=_BINS):
    r"""Compute the expected calibration error.

    Parameters
    ----------
    right : array-like of shape (n,), bool
        Whether each prediction is correct.
    confidence : array-like of shape (n,)
        Probability of the predicted class.
    n_bins : int, default=15
        Number of bins of equal width.

    Returns
    -------
    float
        In [0, 1].

    Notes
    -----
    :math:`\sum_b \frac{n_b}{n} |\mathrm{acc}_b - \mathrm{conf}_b|`.

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y., Weinberger, K. (2017). On calibration of modern neural networks.
    ICML.

    Examples
    --------
    >>> from stemstack.reports.sections.calibration import expected_calibration_error
    >>> float(expected_calibration_error([True, True, False, False], [0.75] * 4))
    0.25
    """
    confidence = np.clip(confidence, 0, 1)
    accuracy, mean_confidence = calibration_curve(
        np.asarray(right, dtype=int), confidence, pos_label=1, n_bins=n_bins
    )
    # The bins of calibration_curve, which leaves out the empty ones.
    inner = np.linspace(0, 1, n_bins + 1)[1:-1]
    counts = np.bincount(np.searchsorted(inner, confidence))
    return float(np.average(np.abs(accuracy - mean_confidence), weights=counts[counts > 0]))


def render(data):
    """Render one calibration curve per model, of the first two evaluations, and the errors."""
    errors = data["errors"]
    names = list(errors.index)
    n_columns = min(3, len(names))
    n_rows = -(-len(names) // n_columns)
    svg = figures.draw_svg(
        lambda panels: _draw(panels, data["predictions"], names),
        name="calibration",
        alt=_describe_figure(next(iter(data["predictions"])), errors.iloc[:, 0]),
        height=0.75 + 1.65 * n_rows,
        nrows=n_rows,
        ncols=n_columns,
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    return (
        paragraph(_ABOUT)
        + figure(svg, "Every point of a curve stands for the same number of clips.")
        + table(errors, "Calibration of the most probable class")
    )


def _describe_figure(name, errors):
    numbers = ", ".join(f"{model} {error:.3f}" for model, error in errors.items())
    return f"Accuracy by confidence, {name}. Expected calibration error: {numbers}."


def _draw(panels, predictions, names):
    for axes, model in zip(panels.flat, names, strict=False):
        axes.plot([0, 1], [0, 1], color=figures.FAINT, linewidth=1)
        styles = ((figures.MAIN, "o"), (figures.SECOND, "D"))
        for (name, by_model), (colour, marker) in zip(predictions.items(), styles, strict=False):
            _draw_curve(axes, **by_model[model], color=colour, marker=marker, label=name)
        axes.set_title(figures.shorten(model, 18), fontsize=9)
        axes.set_aspect("equal")
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.tick_params(length=0, labelsize=8.5)
    for axes in panels.flat[len(names) :]:
        axes.set_visible(False)
    whole, lines = panels.flat[0].figure, panels.flat[0].get_lines()[1:]
    whole.legend(handles=lines, loc="outside upper left", ncols=2, frameon=False)
    whole.supxlabel("confidence", fontsize=9)
    whole.supylabel("accuracy", fontsize=9)


def _draw_curve(axes, right, confidence, **style):
    n_bins = int(np.clip(len(right) // _CLIPS_PER_POINT, 3, 10))
    accuracy, mean_confidence = calibration_curve(
        right.astype(int), confidence, pos_label=1, n_bins=n_bins, strategy="quantile"
    )
    axes.plot(mean_confidence, accuracy, markersize=3, linewidth=1.2, **style)


CALIBRATION = Section("Calibration", "calibration", collect, render, one_label=True)
