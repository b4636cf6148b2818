"""What decoding takes: one table of probabilities, a column a class in sorted order."""

import numpy as np

from ..exceptions import DataError
from .folds import check_none_missing

# Forests and rounded tables hold flat zeros, which have no logarithm.
_LEAST = 1e-9


def check_table(proba, y):
    """Check that a table of probabilities fits its labels.

    Parameters
    ----------
    proba : array-like of shape (n, n_classes)
    y : array-like of shape (n,)

    Returns
    -------
    proba : ndarray of shape (n, n_classes)
    codes : ndarray of shape (n,), int
        Columns of the true classes.
    classes : ndarray of shape (n_classes,)

    Raises
    ------
    DataError
        Rows or columns do not match the labels, a label is missing, or values are not finite.
    """
    check_none_missing(y, "label", "leave it out of the table, too")
    classes, codes = np.unique(np.asarray(y), return_inverse=True)
    proba = check_proba(proba, len(classes))
    if len(proba) != len(codes):
        raise DataError(f"proba must have a row a label, {len(codes)}. Got {len(proba)}.")
    return proba, codes, classes


def check_proba(proba, n_classes):
    """Check that a table of probabilities has a column a class, and nothing that is none.

    Parameters
    ----------
    proba : array-like of shape (n, n_classes)
    n_classes : int

    Returns
    -------
    ndarray of shape (n, n_classes)

    Raises
    ------
    DataError
        There is another number of columns, or values are no probabilities.
    """
    proba = np.asarray(proba, dtype=float)
    if proba.ndim != 2 or proba.shape[1] != n_classes:
        raise DataError(
            f"proba must have a row a clip and a column a class, (n, {n_classes}). "
            f"Got {proba.shape}."
        )
    if not np.isfinite(proba).all():
        raise DataError("proba holds values that are not finite; predict these clips again")
    check_probabilities(proba, "proba")
    return proba


def log_probabilities(proba):
    """Take logarithms; a flat zero counts as one in a thousand million."""
    return np.log(np.maximum(np.asarray(proba, dtype=float), _LEAST))


# Deep models give single precision, and fold models are averaged: sums are not 1 to the last digit.
TOLERANCE = 1e-3


def check_probabilities(said, name):
    """Refuse decision values, logits and features: a mean or a logarithm of them means nothing.

    Parameters
    ----------
    said : ndarray of shape (..., n_classes)
        Finite.
    name : str
        What the caller calls it.

    Raises
    ------
    DataError
        A value is below 0 or above 1, or the classes do not sum to 1.
    """
    if not said.size:
        return
    off = np.abs(said.sum(axis=-1) - 1).max()
    low, high = said.min(), said.max()
    if off > TOLERANCE or low < -TOLERANCE or high > 1 + TOLERANCE:
        raise DataError(
            f"{name} must hold probabilities, which sum to 1 over the classes of each model; give "
            f"predict_proba. Got values in [{low:.3g}, {high:.3g}] with sums off by up to {off:.3g}"
        )
