"""Weights of the base models in the meta-model, and a comparison of blends."""

import numpy as np
import pandas as pd
from sklearn.ensemble import VotingClassifier

from ...runs.run import STACK
from ..html import figures
from ..html.blocks import details, figure, heading, paragraph, percent, table
from ..section import Section

_LOGISTIC = (
    "The meta-model is a logistic regression over the probabilities of all base models. The weight "
    "of a model is the mean absolute coefficient of its columns, as a fraction of all models. "
    "Models that agree share their weight."
)
_BLEND = "The meta-model is a {} over the probabilities of the base models, with these weights."
_VOTE = (
    "The meta-model is the mean of {} over the probabilities of the base models. The weight of a "
    "model is the mean of its weights in them; that in a logistic regression is the mean absolute "
    "coefficient of its columns, as a fraction of all models."
)
_WITHOUT = "The meta-model is a {} over the probabilities of the base models; it has no weights."


def collect(inputs):
    """Read the weights of the saved meta-model, and the comparison of blends if there is one."""
    run = inputs.run
    final, models, classes = run.load_model(STACK), run.model_names, run.metrics["classes"]
    compared = run.metrics.get("blends")
    blends = None if compared is None else pd.DataFrame.from_dict(compared, orient="index")
    data = {"about": _LOGISTIC, "weights": None, "by_class": None, "blends": blends}
    if hasattr(final, "coef_"):
        data["weights"], data["by_class"] = coefficients_by_model(final.coef_, models, classes)
    elif hasattr(final, "weights_"):
        data["about"] = _BLEND.format(repr(final))
        data["weights"] = _weights_of(final, models, classes)
    elif _is_vote(final):
        data["about"] = _VOTE.format(", ".join(final.named_estimators_))
        members = [_weights_of(member, models, classes) for member in final.estimators_]
        data["weights"] = pd.concat(members, axis=1).mean(axis=1)
    else:
        data["about"] = _WITHOUT.format(repr(final))
    return data


def _is_vote(final):
    """Return whether a meta-model is a mean of others, all of which have weights."""
    return isinstance(final, VotingClassifier) and all(
        hasattr(member, "coef_") or hasattr(member, "weights_") for member in final.estimators_
    )


def _weights_of(member, models, classes):
    if hasattr(member, "coef_"):
        return coefficients_by_model(member.coef_, models, classes)[0]
    return member.weights_.set_axis(models)


def coefficients_by_model(coef, models, classes):
    """Summarise the coefficients of a logistic meta-model by base model.

    Parameters
    ----------
    coef : ndarray of shape (n_classes, n_models * n_classes), or (1, n_models) for two classes
    models, classes : list of str

    Returns
    -------
    weights : Series of shape (n_models,)
        Fractions of the mean absolute coefficient; equal where all coefficients are 0.
    by_class : DataFrame of shape (n_classes, n_models) or None
        The coefficient of each model's probability of a class for that class; None for two classes,
        which have one coefficient per model.
    """
    blocks = coef.reshape(len(coef), len(models), -1)
    sizes = np.abs(blocks).mean(axis=(0, 2))
    fractions = sizes / sizes.sum() if sizes.any() else np.full(len(models), 1 / len(models))
    weights = pd.Series(fractions, models)
    if len(coef) == 1:
        return weights, None
    own = blocks[np.arange(len(classes)), :, np.arange(len(classes))]
    return weights, pd.DataFrame(own, classes, models)


def render(data):
    """Render the weights, the coefficients by class, and the comparison of blends."""
    body = paragraph(data["about"])
    if data["weights"] is not None:
        body += _weights_figure(data["weights"].sort_values(kind="stable"))
    if data["by_class"] is not None:
        by_class = data["by_class"].rename_axis("class")
        block = table(by_class, "Coefficient of a model's probability of a class for that class")
        body += details("Coefficients by class", block)
    if data["blends"] is not None:
        body += heading("Other meta-models")
        body += table(_compare(data["blends"]), "Comparison of blends, nested")
    return body


def _weights_figure(order):
    numbers = ", ".join(f"{name} {percent(weight)}" for name, weight in order[::-1].items())
    svg = figures.draw_svg(
        lambda axes: _draw(axes, order),
        name="weights",
        alt=f"Weight of each base model in the meta-model: {numbers}.",
        height=figures.figure_height(len(order)) - 0.4,
    )
    return figure(svg, "Weight of each base model in the meta-model.")


def _compare(blends):
    best_first = blends.sort_values("macro_f1", ascending=False, kind="stable")
    columns = {"macro_f1": "macro F1", "low": "95 % from", "high": "to"}
    return best_first[list(columns)].rename(columns=columns).rename_axis("blend")


def _draw(axes, order):
    rows = range(len(order))
    axes.barh(rows, order, color=figures.MAIN, height=0.6)
    for y, weight in zip(rows, order, strict=True):
        figures.label_point(axes, weight, y, percent(weight))
    axes.set_xlim(0, order.max() * 1.13)
    figures.label_rows(axes, list(order.index))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


WEIGHTS = Section("Weights of the models", "weights", collect, render, one_label=True)
