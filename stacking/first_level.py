"""The first level: named estimators fitted by fold, and what they say of the rows held out."""

from dataclasses import dataclass

import pandas as pd
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from .out_of_fold import fit_fold, gather
from .shared_steps import SharedSteps, join_steps


@dataclass(frozen=True)
class StackedModel:
    """One estimator of a stack, fitted.

    Attributes
    ----------
    estimators : list of estimator
        Its fold models, or the one fitted on all rows.
    oof : DataFrame of shape (n, n_outputs)
    """

    estimators: list
    oof: pd.DataFrame


def fit_models(estimators, methods, X, y, splits, *, params, refit, n_jobs):
    """Fit every estimator on every split, and on all rows if asked to.

    Parameters
    ----------
    estimators : list of (str, estimator)
    methods : list of str
        How each predicts.
    X : sequence of clips or array-like
    y : ndarray of shape (n,)
    splits : list of (ndarray of int, ndarray of int)
        Training and held-out rows.
    params : dict of str to dict
        What the ``fit`` of each estimator is given.
    refit : bool
    n_jobs : int or None

    Returns
    -------
    list of StackedModel
    """
    shared, parallel = SharedSteps(X), Parallel(n_jobs)
    parts = [
        (params[name], method, *shared.fit_apply(estimator))
        for (name, estimator), method in zip(estimators, methods, strict=True)
    ]
    fitted = parallel(
        delayed(fit_fold)(tail, seen, y, *split, method=method, fit_params=given)
        for given, method, _, tail, seen in parts
        for split in splits
    )
    by_model = [fitted[i : i + len(splits)] for i in range(0, len(fitted), len(splits))]
    models = [[fold.estimator for fold in folds] for folds in by_model]
    if refit:
        models = parallel(
            delayed(_fit_all)(tail, seen, y, given) for given, _, _, tail, seen in parts
        )
    stacked = []
    for (name, _), part, folds, kept in zip(estimators, parts, by_model, models, strict=True):
        whole = [join_steps(part[2], model) for model in _distinct(kept)]
        oof = gather(name, folds, len(y))
        stacked.append(StackedModel(whole, oof))
    return stacked


def _fit_all(estimator, X, y, params):
    return [clone(estimator).fit(X, y, **params)]


def _distinct(models):
    """Leave out what stands twice, as a frozen model does: it need not predict once a fold."""
    return list({id(model): model for model in models}.values())
