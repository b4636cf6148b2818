"""Checks of labels and sample weights, shared by everything that is fitted or scored with them."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import column_or_1d

from ..exceptions import DataError


def check_labels(y, n=None):
    """Check that each row has a label.

    Parameters
    ----------
    y : array-like of shape (n,)
        A column of shape (n, 1) is accepted with scikit-learn's warning.
    n : int, optional
        Number of rows.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    DataError
        The number of labels is not ``n``, or one is missing (None, NaN).
    ValueError
        ``y`` is not one column.

    Examples
    --------
    >>> from stemstack.utils.targets import check_labels
    >>> check_labels(["jazz", None])
    Traceback (most recent call last):
    stemstack.exceptions.DataError: Row 1 has no label; add it, or leave the row out
    """
    check_none_missing(y, "label", "add it, or leave the row out")
    y = column_or_1d(y, warn=True)
    check_count(y, n)
    return y


def check_count(y, n):
    """Raise DataError if the number of labels is not that of rows, where ``n`` is not None."""
    if n is not None and len(y) != n:
        raise DataError(f"y must have one label per row, {n} in all. Got {len(y)}.")


def check_sample_weight(sample_weight, n):
    """Check that each row has a weight.

    Parameters
    ----------
    sample_weight : float or array-like of shape (n,)
    n : int

    Returns
    -------
    ndarray of shape (n,), float64

    Raises
    ------
    DataError
        The number of weights is not ``n``, one is missing, not finite or negative, or all are 0.

    Examples
    --------
    >>> from stemstack.utils.targets import check_sample_weight
    >>> check_sample_weight([1, 2], 2)
    array([1., 2.])
    """
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"sample_weight must hold numbers ({error})") from error
    if weights.ndim == 0:
        weights = np.full(n, weights)
    if weights.shape != (n,):
        raise DataError(
            f"sample_weight must have one value per row, shape ({n},). Got shape {weights.shape}."
        )
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any():
        row = bad.argmax()
        raise DataError(
            f"sample_weight must hold finite numbers, 0 or more. Got {weights[row]} in row {row}."
        )
    if not weights.any():
        raise DataError("sample_weight is 0 in all rows; give some rows a weight above 0")
    return weights


def check_none_missing(values, what, hint):
    """Raise an error if a row has no value (None, NaN).

    Parameters
    ----------
    values : array-like of shape (n,) or (n, ...)
    what, hint : str
        What is missing, and how to fix it.

    Raises
    ------
    DataError
        Names the first row without a value.
    """
    # As objects: NaN among strings would become the string "nan", a value like any other.
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuSU":
        return
    values = np.asarray(values, dtype=object)
    if values.ndim == 0 or not values.size:
        return
    missing = pd.isna(values).reshape(len(values), -1).any(axis=1)
    if missing.any():
        raise DataError(f"Row {missing.argmax()} has no {what}; {hint}")
