"""What the second level of a run makes of its models, for the report."""

import numpy as np
import pandas as pd

from ..reports.sections import weights_section
from .run import STACK

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
