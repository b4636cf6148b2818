"""Calibration: whether models are as often right as they are sure."""

import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve

from ..html.figures import FAINT, MAIN, SECOND, WIDTH, draw_svg, shorten
from ..html.section import Section, figure, paragraph, table

_BINS = 15
_CLIPS_A_DOT = 25
_ABOUT = (
    "A calibrated model that is 80 % sure is right 8 times in 10: its curve lies on the diagonal; "
    "below it the model is too sure. The expected calibration error (ECE) is the mean distance, "
    f"over {_BINS} bins of confidence weighted by their clips; few clips make it larger. Right "
    "minus sure is the share of right clips minus the mean confidence."
)


def calibration_section(sides):
    """Show how far confidence can be trusted.

    Parameters
    ----------
    sides : sequence of Side
        The first two are drawn.

    Returns
    -------
    Section
    """
    names = [*sides[0].models, sides[0].stack][::-1]
    n_columns = min(3, len(names))
    n_rows = -(-len(names) // n_columns)
    svg = draw_svg(
        lambda panels: _draw(panels, sides[:2], names),
        name="calibration",
        alt=_alt(sides[0]),
        size=(WIDTH, 0.75 + 1.65 * n_rows),
        nrows=n_rows,
        ncols=n_columns,
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    return Section(
        "calibration",
        "Calibration",
        paragraph(_ABOUT)
        + figure(svg, "Every dot of a curve stands for the same number of clips.")
        + table(_table(sides), "Calibration of the most probable class"),
    )


def expected_calibration_error(right, confidence, n_bins=_BINS):
    r"""Average the distance between confidence and accuracy over bins of confidence.

    Parameters
    ----------
    right : array-like of shape (n,), bool
    confidence : array-like of shape (n,)
        Probability of the class that was guessed.
    n_bins : int, default=15
        Of equal width.

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
    """
    confidence = np.clip(confidence, 0, 1)
    accuracy, sure = calibration_curve(
        np.asarray(right, dtype=int), confidence, pos_label=1, n_bins=n_bins
    )
    # The same bins as the curve, which leaves the empty ones out.
    inner = np.linspace(0, 1, n_bins + 1)[1:-1]
    counts = np.bincount(np.searchsorted(inner, confidence))
    return float(np.average(np.abs(accuracy - sure), weights=counts[counts > 0]))


def _right_and_sure(side, model):
    # Single precision may sum to a little more than 1.
    return side.guesses[model] == side.truth, np.clip(side.said[model].max(axis=1), 0, 1)


def _table(sides):
    columns = {}
    for side in sides:
        pairs = {model: _right_and_sure(side, model) for model in side.said}
        columns[f"ECE, {side.name}"] = {
            model: expected_calibration_error(*pair) for model, pair in pairs.items()
        }
        columns[f"right minus sure, {side.name}"] = {
            model: float(np.mean(right) - np.mean(sure)) for model, (right, sure) in pairs.items()
        }
    return pd.DataFrame(columns).iloc[::-1].rename_axis("model")


def _alt(side):
    errors = _table([side]).iloc[:, 0]
    said = ", ".join(f"{model} {error:.3f}" for model, error in errors.items())
    return f"Share of right clips by confidence, {side.name}. Expected calibration error: {said}."


def _draw(panels, sides, names):
    for axes, model in zip(panels.flat, names, strict=False):
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1)
        for side, colour, marker in zip(sides, (MAIN, SECOND), ("o", "D"), strict=False):
            right, sure = _right_and_sure(side, model)
            n_bins = int(np.clip(len(right) // _CLIPS_A_DOT, 3, 10))
            share, mean = calibration_curve(
                right.astype(int), sure, pos_label=1, n_bins=n_bins, strategy="quantile"
            )
            axes.plot(
                mean, share, color=colour, marker=marker, markersize=3, linewidth=1.2,
                label=side.name,
            )  # fmt: skip
        axes.set_title(shorten(model, 18), fontsize=9)
        axes.set_aspect("equal")
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.tick_params(length=0, labelsize=8.5)
    for axes in panels.flat[len(names) :]:
        axes.set_visible(False)
    whole, lines = panels.flat[0].figure, panels.flat[0].get_lines()[1:]
    whole.legend(handles=lines, loc="outside upper left", ncols=2, frameon=False)
    whole.supxlabel("confidence", fontsize=9)
    whole.supylabel("share right", fontsize=9)
