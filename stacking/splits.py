"""Which rows train and which are held out, from whatever was given to say so.

A *split* is a pair (training rows, held-out rows) of positions. A *table* gives each row the number
of the split it is held out in; splits that hold out every row once make one table, and repeats make
several.
"""

import warnings

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state

from ..exceptions import DataError, UsageError
from .folds import assign_folds, check_groups


def make_splits(cv, y, groups=None, *, n_repeats=1, random_state=None):
    """Make the splits, and check that nothing stands on both sides of one.

    Parameters
    ----------
    cv : int, splitter or iterable of (train, held_out)
        A number means folds stratified by label and disjoint by group, shuffled. Splits must hold
        out each row once, or once a repeat, one repeat after the other.
    y : ndarray of shape (n,)
    groups : array-like of shape (n,), optional
    n_repeats : int, default=1
        Tables of folds, for a ``cv`` that is a number.
    random_state : int or RandomState, optional
        Of the shuffling, for a ``cv`` that is a number.

    Returns
    -------
    splits : list of (ndarray of int, ndarray of int)
        Of all repeats, in order.
    tables : ndarray of shape (n_repeats, n), int

    Raises
    ------
    UsageError
        ``n_repeats`` is below 1, or above it with a ``cv`` that is not a number.
    DataError
        The folds are impossible, a row has no group or is not held out once a repeat, or rows or
        groups stand on both sides of a split.
    """
    if n_repeats < 1:
        raise UsageError(f"The 'n_repeats' must be 1 or more. Got {n_repeats} instead.")
    if isinstance(cv, int | np.integer):
        stream = check_random_state(random_state)
        seeds = [stream.randint(2**31 - 1) for _ in range(n_repeats)]
        tables = np.array([assign_folds(y, groups, n_folds=cv, seed=seed) for seed in seeds])
        return [split for table in tables for split in splits_of(table)], tables
    if n_repeats > 1:
        raise UsageError(
            f"The 'n_repeats' repeats folds that are drawn; got {n_repeats} with a 'cv' that is "
            "no number. Give the splits of every repeat in 'cv', one repeat after the other."
        )
    groups = None if groups is None else check_groups(groups, len(y))
    splitter = check_cv(cv, y, classifier=True)
    with warnings.catch_warnings():
        # That it ignores groups matters only if it parts some, which is looked for below.
        warnings.filterwarnings("ignore", "The groups parameter is ignored")
        given = list(splitter.split(y, y) if groups is None else splitter.split(y, y, groups))
    splits = [_as_positions(split, len(y)) for split in given]
    for number, split in enumerate(splits):
        _check_disjoint(number, split, np.arange(len(y)), "row")
        if groups is not None:
            _check_disjoint(number, split, groups, "group")
    return splits, tables_of(splits, len(y))


def splits_of(table):
    """Give the (training, held-out) rows of each fold of a table, in the order of the folds."""
    return [(np.flatnonzero(table != f), np.flatnonzero(table == f)) for f in np.unique(table)]


def tables_of(splits, n):
    """Give each row the split it is held out in, a table a repeat.

    Parameters
    ----------
    splits : list of (ndarray of int, ndarray of int)
    n : int
        Rows.

    Returns
    -------
    ndarray of shape (n_repeats, n), int

    Raises
    ------
    DataError
        Some row is held out twice in a repeat, or never.
    """
    tables, table = [], np.full(n, -1)
    for number, (_, held_out) in enumerate(splits):
        if (table[held_out] >= 0).any():
            raise DataError("cv holds some rows out twice; each row must be held out exactly once")
        table[held_out] = number
        if (table >= 0).all():
            tables.append(table - table.min())
            table = np.full(n, -1)
    if not tables or (table >= 0).any():
        raise DataError(f"cv never holds out row {np.argmin(table)}; each row must be held out")
    return np.array(tables)


def _as_positions(split, n):
    """Take boolean masks for what they mean, and refuse positions that do not exist."""
    train, held_out = (
        np.flatnonzero(side) if side.dtype == bool else side for side in map(np.asarray, split)
    )
    for side in (train, held_out):
        if len(side) == 0:
            raise DataError("cv gives a split with an empty side; each side needs rows")
        if side.min() < 0 or side.max() >= n:
            strange = side[(side < 0) | (side >= n)][0]
            raise DataError(f"cv names row {strange}; the data have rows 0 to {n - 1}")
    return train, held_out


def _check_disjoint(number, split, names, what):
    train, held_out = split
    shared = np.intersect1d(names[train], names[held_out])
    if len(shared):
        raise DataError(
            f"cv puts {what} {shared[0]} on both sides of split {number}: what is held out must "
            "not be trained on"
        )
