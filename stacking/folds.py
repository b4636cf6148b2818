"""Fold assignments: stratified by label, disjoint by group, made once and used by every model.

A fold assignment is one integer per row: the fold in which the row is held out. A model of fold
``k`` is trained on the rows whose fold is not ``k``.
"""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from ..exceptions import DataError, UsageError


def assign_folds(y, groups=None, *, n_folds=5, seed=0):
    """Assign each row the fold in which it is held out.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels, by which folds are stratified.
    groups : array-like of shape (n,), optional
        Rows of one group share a fold; by default each row is its own group.
    n_folds : int, default=5
    seed : int, default=0

    Returns
    -------
    ndarray of shape (n,), int
        In ``0 … n_folds - 1``.

    Raises
    ------
    UsageError
        ``n_folds`` is below 2.
    DataError
        A class has fewer groups than folds, so that it could not be in every training set; or a row
        has no label or no group.

    See Also
    --------
    fold_balance : Counts of classes by fold.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking import assign_folds
    >>> songs = np.repeat(np.arange(6), 2)
    >>> folds = assign_folds(np.array(["blues", "jazz"])[songs % 2], songs, n_folds=3)
    >>> all(len(set(folds[songs == song])) == 1 for song in range(6))
    True
    """
    check_none_missing(y, "label", "add it, or leave the row out")
    y = np.asarray(y)
    groups = np.arange(len(y)) if groups is None else check_groups(groups, len(y))
    _check_folds_possible(y, groups, n_folds)
    if len(np.unique(groups)) == len(groups):
        splitter = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
        folds = _fold_vector(splitter.split(y, y), len(y))
    else:
        folds = stratified_group_folds(y, groups, n_folds, seed)
    check_every_class_trains(y, folds)
    return folds


def stratified_group_folds(y, groups, n_folds, seed):
    """Assign folds by scikit-learn's ``StratifiedGroupKFold``, without checks.

    Parameters
    ----------
    y, groups : ndarray of shape (n,)
    n_folds, seed : int

    Returns
    -------
    ndarray of shape (n,), int
    """
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    return _fold_vector(splitter.split(y, y, groups), len(y))


def _fold_vector(splits, n):
    folds = np.empty(n, dtype=int)
    for fold, (_, held_out) in enumerate(splits):
        folds[held_out] = fold
    return folds


def fold_balance(y, folds):
    """Count the rows of each class in each fold.

    Parameters
    ----------
    y : array-like of shape (n,)
    folds : array-like of shape (n,), int

    Returns
    -------
    DataFrame of shape (n_classes, n_folds)

    See Also
    --------
    assign_folds : Makes the folds.

    Examples
    --------
    >>> from stemstack.stacking import fold_balance
    >>> fold_balance(["a", "b", "a", "b"], [0, 0, 1, 1]).to_numpy().tolist()
    [[1, 1], [1, 1]]
    """
    y, folds = pd.Series(np.asarray(y), name="label"), pd.Series(np.asarray(folds), name="fold")
    return pd.crosstab(y, folds)


def check_groups(groups, n):
    """Check that each row has a group.

    Parameters
    ----------
    groups : array-like of shape (n,)
    n : int

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    DataError
        The number of groups is not ``n``, or one is missing (None, NaN).
    """
    if np.shape(groups) != (n,):
        raise DataError(
            f"groups must have one value per row, shape ({n},). Got shape {np.shape(groups)}."
        )
    check_none_missing(groups, "group", "use that of its song, or a new one")
    return np.asarray(groups)


def check_folds(folds, n):
    """Check that each row has a fold, and that there are two folds or more.

    Parameters
    ----------
    folds : array-like of shape (n,)
    n : int

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    DataError
        The number of rows is not ``n``, a row has no fold, or there is one fold only.
    """
    check_none_missing(folds, "fold", "use that of its song")
    folds = np.asarray(folds)
    if folds.shape != (n,) or len(np.unique(folds)) < 2:
        raise DataError(
            f"folds must have one value per row, shape ({n},), and two or more distinct values. "
            f"Got shape {folds.shape} and {len(np.unique(folds))} distinct values."
        )
    return folds


def check_every_class_trains(y, folds):
    """Raise an error if one fold holds all rows of a class: its model could not learn the class."""
    n_folds = pd.Series(folds).groupby(y).nunique()
    if (n_folds < 2).any():
        raise DataError(
            f"All groups of class {n_folds.index[n_folds < 2][0]} are in one fold; "
            "use fewer folds or add groups"
        )


def check_none_missing(values, what, hint):
    """Raise an error if a row has no value (None, NaN).

    Parameters
    ----------
    values : array-like of shape (n,)
    what, hint : str
        What is missing, and how to fix it.

    Raises
    ------
    DataError
        Names the first row without a value.
    """
    # As objects: NaN among strings would become the string "nan", a value like any other.
    missing = pd.isna(np.asarray(values, dtype=object))
    if missing.any():
        raise DataError(f"Row {missing.argmax()} has no {what}; {hint}")


def _check_folds_possible(y, groups, n_folds):
    """Raise an error for fewer than two folds, and for classes with fewer groups than folds."""
    if n_folds < 2:
        raise UsageError(f"The number of folds must be 2 or more. Got {n_folds} instead.")
    counts = pd.Series(groups).groupby(np.asarray(y)).nunique()
    small, smallest = counts[counts < n_folds], counts.min()
    if len(small):
        named = ", ".join(f"{label} ({count})" for label, count in small.items())
        fewer = (
            f"use {smallest} folds (cv={smallest}, or --folds {smallest}), or "
            if smallest > 1
            else ""
        )
        raise DataError(
            f"Classes with fewer songs or groups than the {n_folds} folds: {named}; "
            f"{fewer}add songs"
        )
