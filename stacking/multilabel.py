"""Multilabel targets: a row has any number of labels, as an indicator matrix of zeros and ones.

Out-of-fold tables then have one column per model and label.
"""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.multiclass import type_of_target

from ..exceptions import DataError
from ..utils.targets import check_count, check_labels, check_none_missing


def check_targets(y, n=None):
    """Check the labels of rows: one each, or any number each.

    Parameters
    ----------
    y : array-like of shape (n,), or array-like or sparse matrix of shape (n, n_labels)
    n : int, optional
        Number of rows.

    Returns
    -------
    ndarray of shape (n,), or of shape (n, n_labels), int

    Raises
    ------
    DataError
        A label is missing, the number of rows is not ``n``, or of several labels one has no row,
        or all.
    ValueError
        ``y`` has several columns, and is no matrix of zeros and ones.
    """
    check_none_missing(y, "label", "add it, or leave the row out")
    original = y
    matrix = y.toarray() if issparse(y) else np.asarray(y)
    is_multilabel = is_indicator(matrix) and type_of_target(matrix) == "multilabel-indicator"
    # scikit-learn takes any two numbers for an indicator.
    if not is_multilabel or not np.isin(matrix, (0, 1)).all():
        return check_labels(y, n)
    y = matrix.astype(int)
    check_count(y, n)
    constant = np.flatnonzero(y.min(axis=0) == y.max(axis=0))
    if len(constant):
        count = "no row" if y[0, constant[0]] == 0 else "every row"
        name = label_names(original)[constant[0]]
        raise DataError(f"{count.capitalize()} has label {name}; leave the column out of y")
    return y


def is_indicator(y):
    """Return whether targets have several columns: any number of labels for each row.

    Parameters
    ----------
    y : array-like

    Returns
    -------
    bool
    """
    return np.ndim(y) == 2 and np.shape(y)[1] > 1


def label_names(y):
    """Return the names of the labels of an indicator matrix: its columns, or their numbers."""
    return list(y.columns) if hasattr(y, "columns") else list(range(np.shape(y)[1]))


def label_sets(y):
    """Return one text per row of an indicator matrix, equal where the labels are."""
    return np.array(["".join(map(str, row)) for row in y], dtype=object)


def iterative_folds(y, groups, n_folds, seed):
    """Assign folds by iterative stratification: the rarest label is spread first.

    Parameters
    ----------
    y : ndarray of shape (n, n_labels), int
    groups : ndarray of shape (n,)
        Rows of one group share a fold.
    n_folds, seed : int

    Returns
    -------
    ndarray of shape (n,), int

    References
    ----------
    Sechidis, K., Tsoumakas, G. and Vlahavas, I. (2011). On the stratification of multi-label data.
    ECML PKDD.
    """
    numbers = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(numbers)
    counts = np.array([np.bincount(numbers, column) for column in y.T]).T
    fold_of, rng = np.full(len(sizes), -1), np.random.RandomState(seed)
    missing = np.tile(counts.sum(axis=0) / n_folds, (n_folds, 1))
    missing_rows = np.full(n_folds, len(y) / n_folds)
    for group, label in _by_rarest_label(counts, rng):
        desire = missing_rows if label is None else missing[:, label]
        best = np.flatnonzero(desire >= desire.max() - 1e-9)
        best = best[missing_rows[best] >= missing_rows[best].max() - 1e-9]
        fold_of[group] = fold = rng.choice(best)
        missing[fold] -= counts[group]
        missing_rows[fold] -= sizes[group]
    return fold_of[numbers]


def _by_rarest_label(counts, rng):
    """Yield groups with a label: those of the one that the fewest remaining groups have first.

    Groups without labels come last, with None.
    """
    left = rng.permutation(len(counts)).tolist()
    while left:
        n_groups = (counts[left] > 0).sum(axis=0)
        if not n_groups.any():
            yield from ((group, None) for group in left)
            return
        label = np.where(n_groups > 0, n_groups, len(counts) + 1).argmin()
        yield from ((group, label) for group in left if counts[group, label] > 0)
        left = [group for group in left if counts[group, label] == 0]


def check_every_label_trains(y, folds, names=None):
    """Raise an error if one fold holds all rows with a label, or all without."""
    names = range(y.shape[1]) if names is None else names
    for label, column in zip(names, y.T, strict=True):
        for value in (0, 1):
            if len(np.unique(folds[column == value])) < 2:
                what = "with" if value else "without"
                raise DataError(
                    f"All rows {what} label {label} are in one fold; use fewer folds, add groups, "
                    "or leave the column out of y"
                )


def to_indicator(predictions, method):
    """Convert the predictions of one model to labels, as an indicator matrix.

    Parameters
    ----------
    predictions : ndarray of shape (n, n_labels)
    method : {"predict_proba", "decision_function", "predict"}

    Returns
    -------
    ndarray of shape (n, n_labels), int
    """
    return (predictions > (0.0 if method == "decision_function" else 0.5)).astype(int)


def one_column_per_label(estimator, predictions):
    """Return the predictions of a multilabel classifier as an array of shape (n, n_labels).

    Parameters
    ----------
    estimator : classifier
        Fitted.
    predictions : ndarray of shape (n, n_labels), or list of ndarray of shape (n, n_classes)
        A list, as of forests, has the probabilities of the classes 0 and 1 of each label; of one
        class only, where the training rows had no other.

    Returns
    -------
    ndarray of shape (n, n_labels)
    """
    if not isinstance(predictions, list):
        predictions = predictions.toarray() if issparse(predictions) else np.asarray(predictions)
        return predictions.reshape(len(predictions), -1)
    columns = [
        part[:, 1] if part.shape[1] == 2 else np.full(len(part), float(classes[0]))
        for part, classes in zip(predictions, estimator.classes_, strict=True)
    ]
    return np.column_stack(columns)
