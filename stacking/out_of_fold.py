"""Out-of-fold predictions: each model predicts the clips that it was not trained on.

This module alone defines the layout of the out-of-fold table: columns ``<model>__<class>``, models
in the order given and classes sorted. Of two classes only the second is stored (the first is one
minus the second), as in scikit-learn's stacking.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.base import is_regressor as has_regressor_tags
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_method_params

from ..exceptions import DataError, UsageError
from ..utils.threads import one_blas_thread
from .multilabel import one_column_per_label

METHODS = ("predict_proba", "decision_function", "predict")


@dataclass(frozen=True)
class FoldModel:
    """One model of one fold, with its predictions of the held-out clips.

    Attributes
    ----------
    estimator : estimator
        Fitted on all other folds.
    rows : ndarray of shape (n_held_out,), int
        Positions of the held-out clips.
    predictions : ndarray of shape (n_held_out, n_outputs)
    """

    estimator: object
    rows: np.ndarray
    predictions: np.ndarray


@one_blas_thread()
def fit_fold(estimator, X, y, train, held_out, *, method, fit_params=None):
    """Fit a clone on the training rows of one fold, and predict the held-out rows.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    X : sequence of clips or array-like
    y : ndarray of shape (n,), or of shape (n, n_labels), int
    train, held_out : ndarray of int
        Positions in ``X``.
    method : {"predict_proba", "decision_function", "predict"}
    fit_params : dict, optional
        Passed to ``fit``; values with one item per row are restricted to the training rows.

    Returns
    -------
    FoldModel

    Raises
    ------
    DataError
        The training rows lack a class, or a frozen estimator was fitted on other classes than
        those of ``y``.
    UsageError
        The estimator does not return one column per class, or is not a classifier (nor a regressor
        whose ``predict`` is stacked).

    See Also
    --------
    predict_with : Predicts new clips in the same layout.
    prediction_table : The layout as a DataFrame.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from stemstack.stacking.out_of_fold import fit_fold
    >>> y = np.arange(9) % 3
    >>> train, held_out = np.arange(6), np.arange(6, 9)
    >>> fold = fit_fold(GaussianNB(), np.eye(3)[y], y, train, held_out, method="predict_proba")
    >>> fold.predictions.round(2).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    params = _check_method_params(X, fit_params or {}, indices=train)
    target = training_target(estimator, y, method)
    fitted = clone(estimator)
    fitted.fit(_safe_indexing(X, train), target[train], **params)
    predictions = predict_checked(fitted, _safe_indexing(X, held_out), y, method)
    return FoldModel(fitted, held_out, predictions)


def predict_checked(estimator, X, y, method):
    """Predict with a fitted estimator, whose classes must be those of ``y``.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : sequence of clips or array-like
    y : ndarray of shape (n_all,), or of shape (n_all, n_labels), int
        The labels of all rows, not of ``X`` alone.
    method : {"predict_proba", "decision_function", "predict"}

    Returns
    -------
    ndarray of shape (n, n_outputs)

    Raises
    ------
    DataError, UsageError
        As raised by :func:`check_classes` and :func:`predict_with`.
    """
    is_multilabel = y.ndim == 2
    # What is fitted on positions of the classes does not know the classes.
    if not is_multilabel and not (method == "predict" and is_regressor(estimator)):
        check_classes(estimator, np.unique(y))
    return predict_with(estimator, X, method, multilabel=is_multilabel)


def is_regressor(estimator):
    """Return whether an estimator is a regressor by its tags; one without tags is not."""
    return hasattr(estimator, "__sklearn_tags__") and has_regressor_tags(estimator)


def training_target(estimator, y, method):
    """Return what an estimator is fitted on: ``y``, or the positions of its classes.

    Parameters
    ----------
    estimator : estimator
    y : ndarray of shape (n,)
    method : {"predict_proba", "decision_function", "predict"}
        The prediction method. Regressors, which only predict, are fitted on positions.

    Returns
    -------
    ndarray of shape (n,)
    """
    if method != "predict" or not is_regressor(estimator):
        return y
    if y.ndim == 2:
        raise UsageError(
            f"{type(estimator).__name__} is a regressor, which predicts no labels; leave it out"
        )
    return np.unique(y, return_inverse=True)[1]


def resolve_method(estimator, stack_method, name=None):
    """Return the prediction method to stack.

    Parameters
    ----------
    estimator : estimator
    stack_method : str
        ``"auto"`` for the first of ``predict_proba``, ``decision_function`` and ``predict`` that
        the estimator has, or one of these.
    name : str, optional
        Of the estimator, in messages; that of its class by default.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        The method does not exist.

    See Also
    --------
    predict_with : Predicts by the method.

    Examples
    --------
    >>> from sklearn.linear_model import RidgeClassifier
    >>> from stemstack.stacking.out_of_fold import resolve_method
    >>> resolve_method(RidgeClassifier(), "auto")
    'decision_function'
    """
    if stack_method == "auto":
        method = next((name for name in METHODS if hasattr(estimator, name)), None)
        if method is None:
            raise UsageError(f"{estimator!r} has none of {', '.join(METHODS)}; leave it out")
        return method
    if stack_method not in METHODS:
        raise UsageError(
            f"The 'stack_method' must be 'auto' or one of {METHODS}. Got {stack_method!r} instead."
        )
    if not hasattr(estimator, stack_method):
        raise UsageError(
            f"Underlying estimator {name or type(estimator).__name__} does not implement the "
            f"method {stack_method}"
        )
    return stack_method


@one_blas_thread()
def predict_with(estimator, X, method, *, multilabel=False):
    """Predict in the layout of the out-of-fold table.

    Parameters
    ----------
    estimator : classifier
        Fitted.
    X : sequence of clips or array-like
    method : {"predict_proba", "decision_function", "predict"}
    multilabel : bool, default=False
        Whether the estimator was fitted on an indicator matrix.

    Returns
    -------
    ndarray of shape (n, n_outputs)
        One column per class; of two classes only the second; with several labels, one column per
        label. For ``"predict"`` one column: the
        positions of the predicted classes, or what a regressor predicts.

    Raises
    ------
    UsageError
        The estimator does not return one column per class, like a one-vs-one SVC, or is a regressor
        with several outputs.

    See Also
    --------
    to_labels : Converts these predictions to classes.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from stemstack.stacking.out_of_fold import predict_with
    >>> model = GaussianNB().fit([[0], [1], [4], [5]], ["a", "a", "b", "b"])
    >>> predict_with(model, [[0], [5]], "predict_proba").round(2).tolist()
    [[0.0], [1.0]]
    >>> predict_with(model, [[0], [5]], "predict").tolist()
    [[0], [1]]
    """
    predictions = getattr(estimator, method)(X)
    if multilabel:
        return one_column_per_label(estimator, predictions)
    predictions = np.asarray(predictions)
    if method == "predict" and is_regressor(estimator):
        return _check_one_column(estimator, predictions.reshape(len(predictions), -1))
    if method == "predict":
        return np.searchsorted(estimator.classes_, predictions)[:, None]
    if method == "predict_proba" and predictions.shape[1] == 2:
        return predictions[:, 1:]
    predictions = predictions.reshape(len(predictions), -1)
    n_classes = len(estimator.classes_)
    # Three classes form three pairs, so the number of columns alone does not show it.
    pairs = method == "decision_function" and n_classes > 2 and _is_one_vs_one(estimator)
    if pairs or predictions.shape[1] != (1 if n_classes == 2 else n_classes):
        raise UsageError(
            f"{type(estimator).__name__} returns {predictions.shape[1]} columns of {method} for "
            f"{n_classes} classes{' (one-vs-one)' if pairs else ''}; stacking needs one column per "
            "class: set decision_function_shape='ovr'"
        )
    return predictions


def _check_one_column(estimator, predictions):
    if predictions.shape[1] != 1:
        raise UsageError(
            f"{type(estimator).__name__} predicts {predictions.shape[1]} outputs; a regressor in a "
            "stack must predict one"
        )
    return predictions


def _is_one_vs_one(estimator):
    """Return whether an SVC, possibly at the end of a pipeline, returns one column per pair."""
    params = estimator.get_params().items()
    return any(name.endswith("decision_function_shape") and v == "ovo" for name, v in params)


def to_labels(predictions, classes, method):
    """Convert the predictions of one model to classes; those of a regressor to the nearest class.

    Parameters
    ----------
    predictions : ndarray of shape (n, n_outputs)
        As returned by :func:`predict_with`.
    classes : array-like of shape (n_classes,)
    method : {"predict_proba", "decision_function", "predict"}

    Returns
    -------
    ndarray of shape (n,)

    See Also
    --------
    predict_with : Makes the predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.out_of_fold import to_labels
    >>> to_labels(np.array([[0.2], [0.9]]), ["blues", "jazz"], "predict_proba").tolist()
    ['blues', 'jazz']
    """
    classes = np.asarray(classes)
    if method == "predict":
        nearest = np.rint(predictions[:, 0]).astype(int)
        return classes[np.clip(nearest, 0, len(classes) - 1)]
    if predictions.shape[1] == 1:
        threshold = 0.5 if method == "predict_proba" else 0.0
        return classes[(predictions[:, 0] > threshold).astype(int)]
    return classes[predictions.argmax(axis=1)]


def name_columns(model, classes, n_outputs):
    """Return the column names of a model's outputs.

    Parameters
    ----------
    model : str
    classes : sequence
    n_outputs : int

    Returns
    -------
    list of str
        ``<model>__<class>`` for each class, or ``<model>`` for a single output.

    See Also
    --------
    prediction_table : The table that has these columns.

    Examples
    --------
    >>> from stemstack.stacking.out_of_fold import name_columns
    >>> name_columns("lr", ["blues", "jazz", "rock"], 3)
    ['lr__blues', 'lr__jazz', 'lr__rock']
    >>> name_columns("lr", ["blues", "jazz"], 1)
    ['lr']
    """
    return [model] if n_outputs == 1 else [f"{model}__{label}" for label in classes]


def prediction_table(model, predictions, classes, index=None):
    """Return the predictions of a model as a DataFrame with the columns of :func:`name_columns`.

    Parameters
    ----------
    model : str
    predictions : ndarray of shape (n, n_outputs)
        As returned by :func:`predict_with`.
    classes : sequence of length n_classes
    index : array-like of shape (n,), optional

    Returns
    -------
    DataFrame of shape (n, n_outputs)

    See Also
    --------
    predict_with : Makes the predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.out_of_fold import prediction_table
    >>> prediction_table("lr", np.eye(3)[:1], ["blues", "jazz", "rock"], ["song.wav"])
              lr__blues  lr__jazz  lr__rock
    song.wav        1.0       0.0       0.0
    """
    columns = name_columns(model, classes, predictions.shape[1])
    return pd.DataFrame(predictions, index=index, columns=columns)


def collect_oof(name, fold_models, n, labels=None):
    """Collect the held-out predictions of one model in row order, averaged over repeats.

    Parameters
    ----------
    name : str
    fold_models : list of FoldModel
        Which together hold out each row equally often.
    n : int
        Number of rows.
    labels : list, optional
        Names of the labels, if there are several for a row.

    Returns
    -------
    DataFrame of shape (n, n_outputs)
        With the columns of :func:`name_columns`.
    """
    first = fold_models[0].predictions
    total, counts = np.zeros((n, first.shape[1]), dtype=first.dtype), np.zeros(n, dtype=int)
    for model in fold_models:
        total[model.rows] += model.predictions
        counts[model.rows] += 1
    mean = total / counts.max() if counts.max() > 1 else total
    if labels is None:
        labels = getattr(fold_models[0].estimator, "classes_", ())
    return prediction_table(name, mean, labels)


def check_classes(estimator, classes):
    """Raise an error unless a fitted estimator has exactly these classes.

    With others, the columns of the fold models would not match.

    Parameters
    ----------
    estimator : classifier
        Fitted.
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    DataError
        The classes differ.
    UsageError
        It is not a classifier.
    """
    if not hasattr(estimator, "classes_"):
        raise UsageError(f"{type(estimator).__name__} is not a classifier: it has no classes_")
    fitted, classes = set(estimator.classes_.tolist()), set(classes.tolist())
    unknown, missing = sorted(fitted - classes), sorted(classes - fitted)
    if unknown:
        raise DataError(
            f"A {type(estimator).__name__} was fitted on class {unknown[0]}, which is not in y"
        )
    if missing:
        raise DataError(
            f"Class {missing[0]!r} is missing from the training rows of a fold; use fewer folds "
            "or add groups of that class"
        )
