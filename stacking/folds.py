"""Folds: stratified by label, disjoint by group, decided once and used by every model.

A fold table is an integer per clip (or song): the fold it is held out in. Whoever trains for fold
``k`` uses the rows where it is not ``k``.
"""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from ..exceptions import DataError, UsageError


def assign_folds(y, groups=None, *, n_folds=5, seed=0):
    """Assign every row the fold it is held out in.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels; folds are stratified by them.
    groups : array-like of shape (n,), optional
        Rows of one group share a fold; each row is its own group by default.
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
        A class has fewer groups than folds: it could not be in every training set; or a row has no
        label or no group.
    """
    check_none_missing(y, "label", "give it one, or leave it out")
    y = np.asarray(y)
    groups = np.arange(len(y)) if groups is None else check_groups(groups, len(y))
    check_folds_possible(y, groups, n_folds)
    how = {"n_splits": n_folds, "shuffle": True, "random_state": seed}
    if len(np.unique(groups)) == len(groups):
        splits = StratifiedKFold(**how).split(y, y)
    else:
        splits = StratifiedGroupKFold(**how).split(y, y, groups)
    folds = np.empty(len(y), dtype=int)
    for fold, (_, held_out) in enumerate(splits):
        folds[held_out] = fold
    check_every_class_trains(y, folds)
    return folds


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
        The number of groups is another, or one is missing (None, NaN).
    """
    if np.shape(groups) != (n,):
        raise DataError(
            f"groups must have a value a row, shape ({n},). Got shape {np.shape(groups)}."
        )
    check_none_missing(groups, "group", "give it that of its song, or one of its own")
    return np.asarray(groups)


def check_folds(folds, n):
    """Check that each row has a fold, of two or more: what is learnt on the others is judged on it.

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
        The number of rows is another, a row has no fold, or there is one fold only.
    """
    check_none_missing(folds, "fold", "give it that of its song")
    folds = np.asarray(folds)
    if folds.shape != (n,) or len(np.unique(folds)) < 2:
        raise DataError(
            f"folds must have a value a row, shape ({n},), and two values or more. "
            f"Got shape {folds.shape} and {len(np.unique(folds))} values."
        )
    return folds


def check_folds_possible(y, groups, n_folds):
    """Refuse fewer than two folds, and classes with fewer groups than folds."""
    if n_folds < 2:
        raise UsageError(f"The number of folds must be 2 or more. Got {n_folds} instead.")
    counts = pd.Series(groups).groupby(np.asarray(y)).nunique()
    small, most = counts[counts < n_folds], counts.min()
    if len(small):
        named = ", ".join(f"{label} ({count})" for label, count in small.items())
        fewer = f"take {most} folds (cv={most}, or --folds {most}), or " if most > 1 else ""
        raise DataError(
            f"Classes with fewer songs or groups than the {n_folds} folds: {named}; "
            f"{fewer}add songs"
        )


def fold_balance(y, folds):
    """Count the rows of each class in each fold.

    Returns
    -------
    DataFrame of shape (n_classes, n_folds)
    """
    y, folds = pd.Series(np.asarray(y), name="label"), pd.Series(np.asarray(folds), name="fold")
    return pd.crosstab(y, folds)


def check_every_class_trains(y, folds):
    """Refuse a class held out all at once: the model of that fold would not know it."""
    whole = pd.Series(folds).groupby(y).nunique()
    if (whole < 2).any():
        raise DataError(
            f"All groups of class {whole.index[whole < 2][0]} fell into one fold; "
            "use fewer folds or add groups"
        )


def check_none_missing(values, what, mend):
    """Refuse None and NaN where each row has to have a value.

    Parameters
    ----------
    values : array-like of shape (n,)
    what, mend : str
        What is missing, and what to do about it.

    Raises
    ------
    DataError
        Names the first row without.
    """
    # As objects, for NaN among strings would become the string "nan", a value like any other.
    missing = pd.isna(np.asarray(values, dtype=object))
    if missing.any():
        raise DataError(f"Row {missing.argmax()} has no {what}; {mend}")
