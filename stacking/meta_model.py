"""The meta-model: a classifier over out-of-fold predictions, scored by nested cross-validation."""

import numpy as np
import pandas as pd
from scipy.sparse import hstack, issparse
from sklearn.base import clone, is_classifier
from sklearn.linear_model import LogisticRegression
from sklearn.utils import _safe_indexing, check_consistent_length
from sklearn.utils.validation import _check_method_params

from ..exceptions import UsageError
from ..utils.threads import one_blas_thread
from .folds import check_every_class_trains, check_folds
from .metrics import macro_f1, macro_f1_interval
from .multilabel import check_targets, one_column_per_label


def default_final_estimator():
    """Make the default meta-model: logistic regression, as in scikit-learn's stacking.

    Returns
    -------
    LogisticRegression

    See Also
    --------
    make_blend : Makes other meta-models by name.

    Examples
    --------
    >>> from stemstack.stacking import default_final_estimator
    >>> default_final_estimator()
    LogisticRegression(max_iter=1000)
    """
    return LogisticRegression(max_iter=1000)


def check_final_estimator(final_estimator):
    """Return a final estimator, the default one for None.

    Raises
    ------
    UsageError
        It is not a classifier.
    """
    if final_estimator is None:
        return default_final_estimator()
    is_instance = hasattr(final_estimator, "fit") and not isinstance(final_estimator, type)
    if not (is_instance and is_classifier(final_estimator)):
        raise UsageError(
            "The 'final_estimator' must be a classifier, such as LogisticRegression() or "
            f"make_blend('greedy'). Got {final_estimator!r} instead."
        )
    return final_estimator


@one_blas_thread()
def nested_predictions(final_estimator, features, y, folds, method="predict", fit_params=None):
    """Predict each fold by a meta-model that was fitted on the other folds.

    The base models behind the other folds' predictions were trained on this fold. What leaks that
    way is small for a rigid meta-model; :func:`check_stack` measures it.

    Parameters
    ----------
    final_estimator : classifier
        Not changed.
    features : array-like of shape (n, n_features)
        Out-of-fold predictions.
    y : array-like of shape (n,), or of shape (n, n_labels)
    folds : array-like of shape (n,), int
    method : {"predict", "predict_proba"}, default="predict"
    fit_params : dict of str to array-like of shape (n,), optional
        Passed to ``fit``, restricted to the training rows.

    Returns
    -------
    ndarray of shape (n,) or (n, n_classes)
        Classes in sorted order; of several labels one column per label.

    Raises
    ------
    DataError
        The number of folds is not that of rows, there is one fold only, or one fold holds all rows
        of a class.

    See Also
    --------
    oof_predictions : Makes the features.
    check_stack : Measures what leaks in spite of nesting.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from stemstack.stacking import macro_f1, nested_predictions
    >>> rng = np.random.default_rng(0)
    >>> X, y, folds = rng.random((100, 2)), rng.integers(2, size=100), np.arange(100) % 5
    >>> memory = KNeighborsClassifier(1)
    >>> macro_f1(y, memory.fit(X, y).predict(X))  # on its own training rows
    1.0
    >>> macro_f1(y, nested_predictions(memory, X, y, folds)) < 0.7
    True
    """
    y = check_targets(y)
    features = features if hasattr(features, "shape") else np.asarray(features)
    check_consistent_length(features, y)
    folds, predictions = check_folds(folds, len(y)), None
    check_every_class_trains(y, folds)
    for fold in np.unique(folds):
        train = folds != fold
        params = _check_method_params(features, fit_params or {}, indices=train)
        fitted = clone(final_estimator)
        fitted.fit(features[train], y[train], **params)
        held_out = getattr(fitted, method)(features[~train])
        if y.ndim == 2:
            held_out = one_column_per_label(fitted, held_out)
        if predictions is None:
            predictions = np.empty((len(y), *held_out.shape[1:]), dtype=held_out.dtype)
        predictions[~train] = held_out
    return predictions


def score_table(y_true, predictions, groups=None):
    """Score predicted classes of several models by macro F1, with intervals.

    Parameters
    ----------
    y_true : ndarray of shape (n,)
    predictions : dict of str to ndarray of shape (n,)
        Keyed by model name.
    groups : array-like of shape (n,), optional
        Groups that the bootstrap samples as a whole: excerpts of one song are not independent
        observations.

    Returns
    -------
    DataFrame
        One row per model; columns ``macro_f1``, and ``low`` and ``high`` of its 95 % interval.
    """
    rows = {
        name: (macro_f1(y_true, y_pred), *macro_f1_interval(y_true, y_pred, groups))
        for name, y_pred in predictions.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["macro_f1", "low", "high"])


@one_blas_thread()
def fit_passthrough(passthrough, X):
    """Return what :func:`add_passthrough` needs: a fitted transformer, or the choice itself.

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


def add_passthrough(predictions, passthrough, X):
    """Append the features that the meta-model gets in addition to the predictions.

    Parameters
    ----------
    predictions : ndarray of shape (n, n_outputs)
    passthrough : bool, list of columns, or fitted transformer
        All columns of ``X``, columns by name or position, or the output of the transformer.
    X : sequence of clips or array-like of shape (n, n_features)

    Returns
    -------
    ndarray or sparse matrix of shape (n, n_outputs + n_passed)
        In the format of the features, if they are sparse.

    Raises
    ------
    UsageError
        ``X`` has no columns, or not those that were chosen.
    """
    if passthrough is False:
        return predictions
    features = _passthrough_features(passthrough, X)
    if issparse(features):
        return hstack([predictions, features], format=features.format)
    return np.hstack([predictions, np.asarray(features)])


@one_blas_thread()
def _passthrough_features(passthrough, X):
    if hasattr(passthrough, "transform"):
        return passthrough.transform(X)
    X = X if hasattr(X, "ndim") else np.asarray(X)
    if X.ndim != 2:
        raise UsageError(
            "The 'passthrough' of columns needs X with columns. Got clips; use a transformer over "
            "clips instead, such as SpectralFeatures."
        )
    if passthrough is True:
        return X
    columns = list(passthrough)
    try:
        return _safe_indexing(X, columns, axis=1)
    except (ValueError, LookupError) as error:
        raise UsageError(
            f"The 'passthrough' contains columns that X does not have: {columns} ({error})"
        ) from error


def passthrough_names(passthrough, input_names):
    """Return the names of the features that :func:`add_passthrough` appends.

    Parameters
    ----------
    passthrough : bool, list of columns, or fitted transformer
    input_names : callable
        Returns the names of the columns of ``X``, which clips do not have.

    Returns
    -------
    sequence of str
    """
    if passthrough is False:
        return []
    if hasattr(passthrough, "transform"):
        return passthrough.get_feature_names_out()
    if passthrough is True:
        return input_names()
    columns = list(passthrough)
    by_name = all(isinstance(column, str) for column in columns)
    return columns if by_name else np.asarray(input_names())[columns]
