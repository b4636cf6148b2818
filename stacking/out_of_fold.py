"""Out-of-fold predictions: what each model says of clips it was not trained on.

One place owns the shape of the out-of-fold matrix: columns ``<model>__<class>``, models in the
order given and classes in sorted order. With two classes the first column of probabilities is left
out (it is one minus the other), as scikit-learn's stacking does.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from ..exceptions import DataError, UsageError

METHODS = ("predict_proba", "decision_function", "predict")


@dataclass(frozen=True)
class FoldModel:
    """One model of one fold, and what it says of the clips held out from it.

    Attributes
    ----------
    estimator : estimator
        Fitted on every fold but this one.
    rows : ndarray of int
        Positions of the held-out clips.
    predictions : ndarray of shape (len(rows), n_outputs)
    """

    estimator: object
    rows: np.ndarray
    predictions: np.ndarray


def fit_fold(estimator, X, y, train, held_out, *, method, fit_params=None):
    """Fit a clone on the training rows of one fold, and predict the rows held out.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    X : sequence of clips or array-like
    y : ndarray of shape (n,)
    train, held_out : ndarray of int
        Positions in ``X``.
    method : {"predict_proba", "decision_function", "predict"}
    fit_params : dict of str to array-like of shape (n,), optional
        Passed to ``fit``, cut to the training rows.

    Returns
    -------
    FoldModel

    Raises
    ------
    DataError
        The training rows lack a class, or a frozen estimator knows other classes than ``y``.
    UsageError
        The estimator is no classifier, or gives something else than a column a class.
    """
    params = {name: _safe_indexing(v, train) for name, v in (fit_params or {}).items()}
    fitted = clone(estimator).fit(_safe_indexing(X, train), y[train], **params)
    check_classes(fitted, np.unique(y))
    return FoldModel(fitted, held_out, predict_with(fitted, _safe_indexing(X, held_out), method))


def resolve_method(estimator, stack_method):
    """Choose the prediction method: the one asked for, or the first of METHODS there is."""
    if stack_method == "auto":
        found = next((name for name in METHODS if hasattr(estimator, name)), None)
        if found is None:
            raise UsageError(f"{estimator!r} has none of {', '.join(METHODS)}; leave it out")
        return found
    if stack_method not in METHODS:
        raise UsageError(
            f"The 'stack_method' must be 'auto' or one of {METHODS}. Got {stack_method!r} instead."
        )
    if not hasattr(estimator, stack_method):
        raise UsageError(f"{type(estimator).__name__} has no method {stack_method!r}")
    return stack_method


def predict_with(estimator, X, method):
    """Predict as a 2-D array, one column an output.

    Of two probabilities only the second is kept; classes are given by their position among the
    estimator's classes.

    Raises
    ------
    UsageError
        The estimator gives something else than a column a class, as an SVC may.
    """
    predictions = np.asarray(getattr(estimator, method)(X))
    if method == "predict":
        return np.searchsorted(estimator.classes_, predictions)[:, None]
    if method == "predict_proba" and predictions.shape[1] == 2:
        return predictions[:, 1:]
    predictions = predictions.reshape(len(predictions), -1)
    n_classes = len(estimator.classes_)
    # Of three classes there are three pairs: their number alone would not tell.
    pairs = method == "decision_function" and n_classes > 2 and _decides_by_pairs(estimator)
    if pairs or predictions.shape[1] != (1 if n_classes == 2 else n_classes):
        raise UsageError(
            f"{type(estimator).__name__} gives {predictions.shape[1]} columns of {method} for "
            f"{n_classes} classes{', a pair each' if pairs else ''}; stacking needs one a class "
            "(decision_function_shape='ovr')"
        )
    return predictions


def _decides_by_pairs(estimator):
    """Whether an SVC, perhaps at the end of a pipeline, was asked for a column a pair."""
    params = estimator.get_params().items()
    return any(name.endswith("decision_function_shape") and v == "ovo" for name, v in params)


def to_labels(predictions, classes, method):
    """Turn the predictions of one model into classes.

    Parameters
    ----------
    predictions : ndarray of shape (n, n_outputs)
        As :func:`predict_with` gives them.
    classes : array-like of shape (n_classes,)
    method : {"predict_proba", "decision_function", "predict"}

    Returns
    -------
    ndarray of shape (n,)
    """
    classes = np.asarray(classes)
    if method == "predict":
        return classes[predictions[:, 0]]
    if predictions.shape[1] == 1:
        threshold = 0.5 if method == "predict_proba" else 0.0
        return classes[(predictions[:, 0] > threshold).astype(int)]
    return classes[predictions.argmax(axis=1)]


def name_columns(model, classes, n_outputs):
    """Name the outputs of a model: ``<model>__<class>``, or ``<model>`` for a lone column."""
    return [model] if n_outputs == 1 else [f"{model}__{label}" for label in classes]


def collect_oof(name, fold_models, n):
    """Put the held-out predictions of one model back in order, averaged over repeats.

    Parameters
    ----------
    name : str
    fold_models : list of FoldModel
        Which together hold out each of the rows equally often.
    n : int
        Rows.

    Returns
    -------
    DataFrame of shape (n, n_outputs)
        Columns as :func:`name_columns` names them.
    """
    first = fold_models[0].predictions
    total, times = np.zeros((n, first.shape[1]), dtype=first.dtype), np.zeros(n, dtype=int)
    for model in fold_models:
        total[model.rows] += model.predictions
        times[model.rows] += 1
    mean = total / times.max() if times.max() > 1 else total
    classes = fold_models[0].estimator.classes_
    return pd.DataFrame(mean, columns=name_columns(name, classes, first.shape[1]))


def check_classes(estimator, classes):
    """Refuse a fold whose model knows other classes than there are: columns would not line up.

    Parameters
    ----------
    estimator : classifier
        Fitted.
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    DataError
        Classes are unknown on one side.
    UsageError
        It is no classifier.
    """
    if not hasattr(estimator, "classes_"):
        raise UsageError(f"{type(estimator).__name__} is no classifier: it has no classes_")
    known, classes = set(estimator.classes_.tolist()), set(classes.tolist())
    strange = sorted(known - classes)
    if strange:
        raise DataError(f"A {type(estimator).__name__} knows class {strange[0]}, which is not in y")
    lacking = sorted(classes - known)
    if lacking:
        raise DataError(
            f"Class {lacking[0]!r} is missing from the training side of a fold; use fewer folds "
            "or add groups of that class"
        )
