"""What decoding takes: one table of probabilities, a column a class in sorted order."""

import numpy as np

from ...errors import DataError
from ..folds import check_none_missing
from ..probabilities import check_probabilities

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
