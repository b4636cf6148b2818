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
    plans = [
        _Plan(name, method, params[name], *shared.fit_apply(estimator))
        for (name, estimator), method in zip(estimators, methods, strict=True)
    ]
    fitted = parallel(
        delayed(fit_fold)(plan.tail, plan.X, y, *split, method=plan.method, fit_params=plan.params)
        for plan in plans
        for split in splits
    )
    by_model = [fitted[i : i + len(splits)] for i in range(0, len(fitted), len(splits))]
    models = [[fold.estimator for fold in folds] for folds in by_model]
    if refit:
        models = parallel(delayed(_fit_all)(plan.tail, plan.X, y, plan.params) for plan in plans)
    return [
        StackedModel(plan.whole(kept), gather(plan.name, folds, len(y)))
        for plan, folds, kept in zip(plans, by_model, models, strict=True)
    ]


@dataclass(frozen=True)
class _Plan:
    """One estimator to fit: the steps it shares, what is left of it, and what that is fitted on."""

    name: str
    method: str
    params: dict
    head: list
    tail: object
    X: object

    def whole(self, fitted):
        """Make whole what was fitted; what is frozen need not predict once a fold."""
        frozen = clone(self.tail) is self.tail
        return [join_steps(self.head, model) for model in (fitted[:1] if frozen else fitted)]


def _fit_all(estimator, X, y, params):
    return [clone(estimator).fit(X, y, **params)]
