"""The first level: named estimators fitted by fold, and what they say of the rows held out."""

from dataclasses import dataclass

import joblib
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed

from .out_of_fold import collect_oof, fit_fold


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
    shared, parallel = SharedTransformers(X), Parallel(n_jobs)
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
        StackedModel(plan.whole(kept), collect_oof(plan.name, folds, len(y)))
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


class SharedTransformers:
    """Outputs of leading steps over one set of clips, each computed on first use.

    Parameters
    ----------
    X : sequence of clips or array-like
    """

    def __init__(self, X):
        self._X = X
        self._outputs = {}

    def fit_apply(self, estimator):
        """Take the leading steps off an unfitted estimator, and apply them.

        Parameters
        ----------
        estimator : estimator

        Returns
        -------
        head : list of (str, transformer)
            Fitted clones; the same objects for equal steps of different pipelines.
        tail : estimator
            What is left to fit; the estimator itself when it has no such steps.
        output
            What the tail is to be fitted on.
        """
        steps, tail = _split(estimator)
        if not steps:
            return [], tail, self._X
        key = joblib.hash([step for _, step in steps])
        if key not in self._outputs:
            head = Pipeline([(name, clone(step)) for name, step in steps])
            self._outputs[key] = head.steps, head.fit_transform(self._X)
        fitted, output = self._outputs[key]
        named = [(name, step) for (name, _), (_, step) in zip(steps, fitted, strict=True)]
        return named, tail, output

    def apply(self, estimator):
        """Take the leading steps off a fitted estimator, and apply them.

        Returns
        -------
        tail : estimator
        output
            What the tail is to predict from.
        """
        steps, tail = _split(estimator)
        if not steps:
            return tail, self._X
        key = tuple(id(step) for _, step in steps)
        if key not in self._outputs:
            self._outputs[key] = Pipeline(steps).transform(self._X)
        return tail, self._outputs[key]


def join_steps(head, tail):
    """Put leading steps back in front of a fitted tail."""
    return Pipeline([*head, *tail.steps], memory=tail.memory) if head else tail


def _split(estimator):
    """Split a pipeline's steps into those that learn nothing, and a pipeline of the rest."""
    if type(estimator) is not Pipeline:
        return [], estimator
    n = 0
    while n < len(estimator.steps) - 1 and _learns_nothing(estimator.steps[n][1]):
        n += 1
    tail = Pipeline(estimator.steps[n:], memory=estimator.memory) if n else estimator
    return estimator.steps[:n], tail


def _learns_nothing(step):
    # A FunctionTransformer's function may look at all rows, held-out ones among them.
    if isinstance(step, FunctionTransformer):
        return False
    return hasattr(step, "transform") and not get_tags(step).requires_fit
