"""What the second level makes of the models: their weights, and other second levels."""

import numpy as np
import pandas as pd

from ...runs.run import STACK
from ..html.figures import MAIN, WIDTH, draw_svg, height, name_rows, write_beside
from ..html.section import Section, figure, fold, heading, paragraph, percent, table


def weights_section(weights, how, *, by_class=None, blends=None):
    """Show how much each model counts.

    Parameters
    ----------
    weights : Series of shape (n_models,)
        At least 0, sum 1.
    how : str
        What the weights are, as a sentence.
    by_class : DataFrame of shape (n_classes, n_models), optional
        What a model's probability of a class counts for that class.
    blends : DataFrame, optional
        Second levels compared: ``macro_f1``, and ``low`` and ``high`` of its interval.

    Returns
    -------
    Section
    """
    order = weights.sort_values(kind="stable")
    said = ", ".join(f"{name} {percent(share)}" for name, share in order[::-1].items())
    svg = draw_svg(
        lambda axes: _draw(axes, order),
        name="weights",
        alt=f"Share of each model in the second level: {said}.",
        size=(WIDTH, height(len(order)) - 0.4),
    )
    body = paragraph(how) + figure(svg, "What each model counts in the second level.")
    if by_class is not None:
        shown = table(by_class.rename_axis("class"), "Coefficient of a class’s own probability")
        body += fold("by class", shown)
    if blends is not None:
        body += heading("Other second levels") + table(_laid_out(blends), "Compared nested")
    return Section("weights", "Weights of the models", body)


def _laid_out(blends):
    best_first = blends.sort_values("macro_f1", ascending=False, kind="stable")
    columns = {"macro_f1": "macro F1", "low": "95 % from", "high": "to"}
    return best_first[list(columns)].rename(columns=columns).rename_axis("blend")


def _draw(axes, order):
    rows = range(len(order))
    axes.barh(rows, order, color=MAIN, height=0.6)
    for y, share in zip(rows, order, strict=True):
        write_beside(axes, share, y, percent(share))
    axes.set_xlim(0, order.max() * 1.13)
    name_rows(axes, list(order.index))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


_LOGISTIC = (
    "The second level is a logistic regression over the probabilities of all models. A model’s "
    "share is the mean absolute coefficient of its columns, over that of all models: what it says "
    "moves the stack by so much. Models that agree share their weight between them."
)
_BLEND = "The second level is a {kind} over the probabilities of the models: these are its weights."


def blend_section(run):
    """Write of the weights of the models.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Section
    """
    final, models, classes = run.load_model(STACK), run.model_names, run.metrics["classes"]
    compared = run.metrics.get("blends")
    blends = None if compared is None else pd.DataFrame.from_dict(compared, orient="index")
    if not hasattr(final, "coef_"):
        weights = final.weights_.set_axis(models)
        return weights_section(weights, _BLEND.format(kind=repr(final)), blends=blends)
    weights, by_class = coefficients_by_model(final.coef_, models, classes)
    return weights_section(weights, _LOGISTIC, by_class=by_class, blends=blends)


def coefficients_by_model(coef, models, classes):
    """Sum the coefficients of a logistic stack up by model.

    Parameters
    ----------
    coef : ndarray of shape (n_classes, n_models * n_classes), or (1, n_models) for two classes
    models, classes : list of str

    Returns
    -------
    weights : Series of shape (n_models,)
        Shares of the mean absolute coefficient; equal where all are 0.
    by_class : DataFrame of shape (n_classes, n_models) or None
        The coefficient of each model's probability of a class for that class; None for two classes,
        which have one coefficient a model.
    """
    blocks = coef.reshape(len(coef), len(models), -1)
    sizes = np.abs(blocks).mean(axis=(0, 2))
    shares = sizes / sizes.sum() if sizes.any() else np.full(len(models), 1 / len(models))
    weights = pd.Series(shares, models)
    if len(coef) == 1:
        return weights, None
    own = blocks[np.arange(len(classes)), :, np.arange(len(classes))]
    return weights, pd.DataFrame(own, classes, models)
