"""Base models: named estimators that are fitted by fold and predict the held-out rows."""

from dataclasses import dataclass
from itertools import islice

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_consistent_length, get_tags
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from ..exceptions import UsageError
from ..utils.containers import as_sequence
from ..utils.parallel import worker_backend
from ..utils.targets import check_labels
from ..utils.threads import one_blas_thread
from .folds import check_folds, check_groups_in_folds, splits_of
from .groups import warn_of_shared_recordings
from .out_of_fold import (
    FoldModel,
    collect_oof,
    fit_fold,
    predict_checked,
    resolve_method,
    training_target,
)


def oof_predictions(estimators, X, y, folds, *, groups=None, stack_method="auto"):
    """Predict each row by estimators that were fitted on the other folds.

    Parameters
    ----------
    estimators : list of (str, classifier)
        Not changed.
    X : sequence of clips or array-like of shape (n, n_features)
    y : array-like of shape (n,)
    folds : array-like of shape (n,), int
    groups : array-like of shape (n,), optional
        Songs that the folds were made by. Without them, clips of one recording in different folds
        are looked for.
    stack_method : {"auto", "predict_proba", "decision_function", "predict"}, default="auto"
        What to predict; ``auto`` takes the first that an estimator has.

    Returns
    -------
    DataFrame of shape (n, n_outputs)
        Columns ``<name>__<class>``; of two classes one column ``<name>``.

    Raises
    ------
    DataError
        A label or fold is missing, there is one fold only, or a group is in several folds.

    Warns
    -----
    DataWarning
        Without groups: clips of different folds share songs or noise clips, or seem to be of one
        recording.

    See Also
    --------
    OutOfFoldStacker : Also fits a meta-model on these predictions.
    nested_predictions : Scores a meta-model on them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from stemstack.stacking import oof_predictions
    >>> y, X = np.arange(12) % 2, np.c_[np.arange(12) % 2, np.arange(12)]
    >>> oof_predictions([("nb", GaussianNB())], X, y, np.arange(12) // 2 % 3)["nb"].round().tolist()
    [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    """
    estimators, X, y = check_estimators(estimators), as_sequence(X), check_labels(y)
    check_consistent_length(X, y)
    folds = check_folds(folds, len(y))
    if groups is None:
        warn_of_shared_recordings(X, y, folds)
    else:
        check_groups_in_folds(groups, folds)
    methods = [resolve_method(estimator, stack_method, name) for name, estimator in estimators]
    models = fit_models(estimators, methods, X, y, splits_of(folds))
    oof = pd.concat([model.oof for model in models], axis=1)
    return oof.set_axis(X.index) if hasattr(X, "iloc") else oof


def check_estimators(estimators):
    """Check named estimators, and return those that are not dropped.

    Parameters
    ----------
    estimators : list of (str, estimator or "drop")

    Returns
    -------
    list of (str, estimator)

    Raises
    ------
    UsageError
        It is not such a list, or all are dropped.
    """
    if not (_is_sequence(estimators) and estimators and all(map(_is_named, estimators))):
        raise UsageError(
            "Invalid 'estimators' attribute, 'estimators' should be a non-empty list of "
            f"(string, estimator) tuples. Got {estimators!r:.200}."
        )
    names = [name for name, _ in estimators]
    if len(set(names)) < len(names):
        raise UsageError(f"Names provided are not unique: {names!r}")
    named = [(name, estimator) for name, estimator in estimators if not _is_dropped(estimator)]
    if not named:
        raise UsageError(
            "All estimators are dropped. At least one is required to be an estimator; set one by "
            f"set_params({estimators[0][0]}=...)"
        )
    for name, estimator in named:
        if not hasattr(estimator, "fit") or isinstance(estimator, type):
            raise UsageError(
                f"{name}: {estimator!r} is not an estimator; use 'drop' to leave {name} out"
            )
    return named


def _is_sequence(value):
    return isinstance(value, list | tuple)


def _is_named(item):
    return _is_sequence(item) and len(item) == 2 and isinstance(item[0], str)


def _is_dropped(estimator):
    return isinstance(estimator, str) and estimator == "drop"


@dataclass(frozen=True)
class StackedModel:
    """One fitted base model.

    Attributes
    ----------
    fitted : list of estimator, or estimator
        Its fold models, or the one fitted on all rows.
    oof : DataFrame of shape (n, n_outputs)
    """

    fitted: object
    oof: pd.DataFrame


@one_blas_thread()
def fit_models(
    estimators, methods, X, y, splits, *, labels=None, params=None, refit=False, n_jobs=None
):
    """Fit every estimator on every split, and optionally on all rows.

    Parameters
    ----------
    estimators : list of (str, estimator)
    methods : list of str
        The prediction method of each estimator.
    X : sequence of clips or array-like
    y : ndarray of shape (n,), or of shape (n, n_labels), int
    splits : list of (ndarray of int, ndarray of int)
        Training and held-out rows.
    labels : list, optional
        Names of the labels, if there are several for a row.
    params : dict of str to dict, optional
        ``fit`` parameters of each estimator.
    refit : bool, default=False
    n_jobs : int, optional

    Returns
    -------
    list of StackedModel
    """
    shared, parallel = SharedTransformers(X), Parallel(n_jobs, backend=worker_backend())
    jobs = [
        _FitJob(name, method, (params or {}).get(name, {}), *shared.fit_apply(estimator))
        for (name, estimator), method in zip(estimators, methods, strict=True)
    ]
    calls = [job.calls(y, splits) for job in jobs]
    results = iter(parallel(call for of_job in calls for call in of_job))
    by_model = [list(islice(results, len(of_job))) for of_job in calls]
    fitted = [[fold.estimator for fold in folds] for folds in by_model]
    if refit:
        fitted = parallel(delayed(_fit_all)(job, y) for job in jobs)
    return [
        StackedModel(job.join(models), collect_oof(job.name, folds, len(y), labels))
        for job, folds, models in zip(jobs, by_model, fitted, strict=True)
    ]


@dataclass(frozen=True)
class _FitJob:
    """One estimator to fit: its shared steps (head), the remaining ones (tail) and their input."""

    name: str
    method: str
    params: dict
    head: list
    tail: object
    X: object

    def calls(self, y, splits):
        """Return the calls that predict the held-out rows; one call, if the tail is frozen."""
        if isinstance(self.tail, FrozenEstimator):
            return [delayed(_predict_prefit)(self.tail, self.X, y, method=self.method)]
        options = {"method": self.method, "fit_params": self.params}
        return [delayed(fit_fold)(self.tail, self.X, y, *split, **options) for split in splits]

    def join(self, fitted):
        """Prepend the shared steps to fitted tails."""
        if isinstance(fitted, list):
            return [join_steps(self.head, model) for model in fitted]
        return join_steps(self.head, fitted)


@one_blas_thread()
def _predict_prefit(estimator, X, y, *, method):
    """Predict all rows by an estimator that was fitted on others."""
    check_is_fitted(estimator)
    return FoldModel(estimator, np.arange(len(y)), predict_checked(estimator, X, y, method))


@one_blas_thread()
def _fit_all(job, y):
    target = training_target(job.tail, y, job.method)
    fitted = clone(job.tail)
    fitted.fit(job.X, target, **job.params)
    return fitted


class SharedTransformers:
    """Outputs of stateless leading pipeline steps on one set of clips, each computed once.

    Parameters
    ----------
    X : sequence of clips or array-like
    """

    def __init__(self, X):
        self._X = X
        self._outputs = {}

    def fit_apply(self, estimator):
        """Split the stateless leading steps off an unfitted estimator, and apply them.

        Parameters
        ----------
        estimator : estimator

        Returns
        -------
        head : list of (str, transformer)
            Fitted clones; the same objects for equal steps of different pipelines.
        tail : estimator
            The remaining steps; the estimator itself if it has no stateless leading steps.
        output
            The input of the tail.
        """
        steps, tail = _split_steps(estimator)
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
        """Split the stateless leading steps off a fitted estimator, and apply them.

        Parameters
        ----------
        estimator : estimator

        Returns
        -------
        tail : estimator
        output
            The input of the tail.
        """
        steps, tail = _split_steps(estimator)
        if not steps:
            return tail, self._X
        key = tuple(id(step) for _, step in steps)
        if key not in self._outputs:
            self._outputs[key] = Pipeline(steps).transform(self._X)
        return tail, self._outputs[key]


def join_steps(head, tail):
    """Prepend leading steps to a fitted tail."""
    return Pipeline([*head, *tail.steps], memory=tail.memory) if head else tail


def _split_steps(estimator):
    """Split a pipeline into its stateless leading steps, and a pipeline of the others."""
    if type(estimator) is not Pipeline:
        return [], estimator
    n = 0
    while n < len(estimator.steps) - 1 and _is_stateless(estimator.steps[n][1]):
        n += 1
    tail = Pipeline(estimator.steps[n:], memory=estimator.memory) if n else estimator
    return estimator.steps[:n], tail


def _is_stateless(step):
    # The function of a FunctionTransformer may depend on all rows, held-out ones included.
    if isinstance(step, FunctionTransformer):
        return False
    return hasattr(step, "transform") and not get_tags(step).requires_fit
