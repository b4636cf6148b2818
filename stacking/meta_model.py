"""The second level: a classifier over out-of-fold predictions, scored without looking at itself."""

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LogisticRegression
from sklearn.utils import _safe_indexing

from ..exceptions import UsageError
from .folds import check_every_class_trains, check_folds
from .metrics.f1 import macro_f1
from .metrics.intervals import macro_f1_interval


def default_final_estimator():
    """Make the logistic regression that stacks by default, as scikit-learn's stacking does."""
    return LogisticRegression(max_iter=1000)


def check_final_estimator(final_estimator):
    """Give a final estimator, the default one for None.

    Raises
    ------
    UsageError
        It is no classifier.
    """
    if final_estimator is None:
        return default_final_estimator()
    instance = hasattr(final_estimator, "fit") and not isinstance(final_estimator, type)
    if not (instance and is_classifier(final_estimator)):
        raise UsageError(
            "The 'final_estimator' must be a classifier, such as LogisticRegression() or "
            f"make_blend('greedy'). Got {final_estimator!r} instead."
        )
    return final_estimator


def nested_predictions(final_estimator, features, y, folds, method="predict", fit_params=None):
    """Predict each fold's second level by a clone that has not seen that fold.

    The first-level predictions of the other folds come from models that did see it; what remains
    of that is small, and is the price of fitting the first level once.

    Parameters
    ----------
    final_estimator : classifier
        Not changed.
    features : ndarray of shape (n, n_features)
        Out-of-fold predictions.
    y : ndarray of shape (n,)
    folds : ndarray of shape (n,), int
    method : {"predict", "predict_proba"}, default="predict"
    fit_params : dict of str to array-like of shape (n,), optional
        Passed to ``fit``, cut to the rows it sees.

    Returns
    -------
    ndarray of shape (n,) or (n, n_classes)
        Classes in sorted order.

    Raises
    ------
    DataError
        The number of folds is not that of rows, there is one fold only, or one holds a whole class.
    """
    folds, predictions = check_folds(folds, len(y)), None
    check_every_class_trains(y, folds)
    for fold in np.unique(folds):
        seen = folds != fold
        params = {name: _safe_indexing(v, seen) for name, v in (fit_params or {}).items()}
        fitted = clone(final_estimator).fit(features[seen], y[seen], **params)
        part = getattr(fitted, method)(features[~seen])
        if predictions is None:
            predictions = np.empty((len(y), *part.shape[1:]), dtype=part.dtype)
        predictions[~seen] = part
    return predictions


def score_table(y, guesses, groups=None):
    """Score guessed classes by macro F1, with intervals.

    Parameters
    ----------
    y : ndarray of shape (n,)
    guesses : dict of str to ndarray of shape (n,)
        By the name of who guessed.
    groups : array-like of shape (n,), optional
        Rows of one group are drawn together: excerpts of one song are not so many independent
        observations.

    Returns
    -------
    DataFrame
        A row a name; columns ``macro_f1``, and ``low`` and ``high`` of its 95 % interval.
    """
    rows = {
        name: (macro_f1(y, guess), *macro_f1_interval(y, guess, groups))
        for name, guess in guesses.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["macro_f1", "low", "high"])


def fit_passthrough(passthrough, X):
    """Make ready what :func:`passed_features` needs: a fitted transformer, or what was given.

    Raises
    ------
    UsageError
        It is neither a bool, a list nor a transformer.
    """
    if hasattr(passthrough, "transform"):
        return clone(passthrough).fit(X)
    if not (isinstance(passthrough, bool) or np.iterable(passthrough)):
        raise UsageError(
            "The 'passthrough' must be True, False, a list of columns or a transformer. "
            f"Got {passthrough!r} instead."
        )
    return passthrough


def passed_features(passthrough, X):
    """Give the features that pass the models by.

    Parameters
    ----------
    passthrough : bool, list of columns, or fitted transformer
        All columns of ``X``, those named or numbered, or what the transformer makes of ``X``.
    X : sequence of clips or array-like of shape (n, n_features)

    Returns
    -------
    ndarray of shape (n, n_passed)

    Raises
    ------
    UsageError
        Columns are asked for where there are none, or that are not there.
    """
    if hasattr(passthrough, "transform"):
        return _as_array(passthrough.transform(X))
    X = X if hasattr(X, "ndim") else np.asarray(X)
    if X.ndim != 2:
        raise UsageError(
            "The 'passthrough' of columns needs X with columns; got clips. Give a transformer over "
            "clips instead, such as SpectralFeatures."
        )
    return _as_array(X if passthrough is True else _choose(X, list(passthrough)))


def _choose(X, columns):
    try:
        return _safe_indexing(X, columns, axis=1)
    except (ValueError, LookupError) as error:
        raise UsageError(
            f"The 'passthrough' names columns that X lacks: {columns} ({error})"
        ) from error


def _as_array(features):
    return features.toarray() if issparse(features) else np.asarray(features)
