"""Validation of class probabilities: one row per clip, one column per class in sorted order."""

import numpy as np

from ..exceptions import DataError
from ..utils.targets import check_none_missing

# Forests and rounded tables hold zeros, which have no logarithm.
_MIN_PROBA = 1e-9
# Networks compute in single precision, and fold models are averaged: sums are not exactly 1.
TOLERANCE = 1e-3


def check_labelled_proba(proba, y):
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
        Rows or columns do not match the labels, a label is missing, or values are not
        probabilities.
    """
    check_none_missing(y, "label", "leave the row out of both tables")
    classes, codes = np.unique(np.asarray(y), return_inverse=True)
    proba = check_proba(proba, len(classes))
    if len(proba) != len(codes):
        raise DataError(f"proba must have one row per label, {len(codes)}. Got {len(proba)}.")
    return proba, codes, classes


def check_proba(proba, n_classes):
    """Check that a table has one column per class, and holds probabilities.

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
        The number of columns is not ``n_classes``, or values are not probabilities.
    """
    proba = np.asarray(proba, dtype=float)
    if proba.ndim != 2 or proba.shape[1] != n_classes:
        raise DataError(
            f"proba must have one row per clip and one column per class, (n, {n_classes}). "
            f"Got {proba.shape}."
        )
    if not np.isfinite(proba).all():
        raise DataError("proba holds values that are not finite; predict these clips again")
    check_simplex(proba, "proba")
    return proba


def check_simplex(proba, name):
    """Raise an error unless values are in [0, 1] and sum to 1 over the last axis.

    Decision values, logits and features are refused: their mean or logarithm has no meaning here.

    Parameters
    ----------
    proba : ndarray of shape (..., n_classes)
        Finite.
    name : str
        Name of the argument in the message.

    Raises
    ------
    DataError
        A value is below 0 or above 1, or the classes do not sum to 1.
    """
    if not proba.size:
        return
    error = np.abs(proba.sum(axis=-1) - 1).max()
    low, high = proba.min(), proba.max()
    if error > TOLERANCE or low < -TOLERANCE or high > 1 + TOLERANCE:
        raise DataError(
            f"{name} must hold probabilities, which sum to 1 over the classes of each model; pass "
            f"predict_proba. Got values in [{low:.3g}, {high:.3g}] and sums that differ from 1 by "
            f"up to {error:.3g}."
        )


def log_proba(proba):
    """Return log-probabilities; zeros count as 1e-9."""
    return np.log(np.maximum(np.asarray(proba, dtype=float), _MIN_PROBA))
