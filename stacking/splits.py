"""Training and held-out rows, from a number of folds, a splitter or explicit rows.

A *split* is a pair (training rows, held-out rows) of positions. A *fold table* holds for each row
the number of the split in which it is held out. Splits that hold out every row once make one table;
repeats make several.
"""

import warnings

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state

from ..exceptions import DataError, UsageError
from .folds import assign_folds, check_groups


def make_splits(cv, y, groups=None, *, n_repeats=1, random_state=None):
    """Make splits, and check that no row or group is on both sides of one.

    Parameters
    ----------
    cv : int, splitter or iterable of (train, held_out)
        A number makes shuffled folds, stratified by label and disjoint by group. Other splits must
        hold out each row once, or once per repeat, one repeat after the other.
    y : ndarray of shape (n,)
    groups : array-like of shape (n,), optional
    n_repeats : int, default=1
        Number of fold tables, if ``cv`` is a number.
    random_state : int or RandomState, optional
        Of the shuffling, if ``cv`` is a number.

    Returns
    -------
    splits : list of (ndarray of int, ndarray of int)
        Of all repeats, in order.
    tables : ndarray of shape (n_repeats, n), int

    Raises
    ------
    UsageError
        ``n_repeats`` is below 1, or above 1 while ``cv`` is not a number.
    DataError
        The folds are impossible, a row has no group or is not held out once per repeat, or a row or
        group is on both sides of a split.
    """
    if n_repeats < 1:
        raise UsageError(f"The 'n_repeats' must be 1 or more. Got {n_repeats} instead.")
    if isinstance(cv, int | np.integer):
        rng = check_random_state(random_state)
        seeds = [rng.randint(2**31 - 1) for _ in range(n_repeats)]
        tables = np.array([assign_folds(y, groups, n_folds=cv, seed=seed) for seed in seeds])
        return [split for table in tables for split in splits_of(table)], tables
    if n_repeats > 1:
        raise UsageError(
            f"The 'n_repeats' needs a 'cv' that is a number. Got n_repeats={n_repeats} with other "
            "splits; pass the splits of every repeat in 'cv', one repeat after the other."
        )
    groups = None if groups is None else check_groups(groups, len(y))
    splitter = check_cv(cv, y, classifier=True)
    with warnings.catch_warnings():
        # Ignored groups matter only if a split separates one, which is checked below.
        warnings.filterwarnings("ignore", "The groups parameter is ignored")
        pairs = list(splitter.split(y, y) if groups is None else splitter.split(y, y, groups))
    splits = [_to_positions(pair, len(y)) for pair in pairs]
    for number, split in enumerate(splits):
        _check_disjoint(number, split, np.arange(len(y)), "row")
        if groups is not None:
            _check_disjoint(number, split, groups, "group")
    return splits, _to_tables(splits, len(y))


def splits_of(table):
    """Return the (training, held-out) rows of each fold of a fold table, in the order of folds."""
    return [(np.flatnonzero(table != f), np.flatnonzero(table == f)) for f in np.unique(table)]


def _to_tables(splits, n):
    """Return the fold tables of splits, as an array of shape (n_repeats, n).

    Raises
    ------
    DataError
        A row is held out twice in a repeat, or never.
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


def _to_positions(split, n):
    """Convert boolean masks to positions, and check that positions exist."""
    train, held_out = (
        np.flatnonzero(rows) if rows.dtype == bool else rows for rows in map(np.asarray, split)
    )
    for rows in (train, held_out):
        if len(rows) == 0:
            raise DataError("cv contains a split without training or without held-out rows")
        if rows.min() < 0 or rows.max() >= n:
            unknown = rows[(rows < 0) | (rows >= n)][0]
            raise DataError(f"cv contains row {unknown}; the data have rows 0 to {n - 1}")
    return train, held_out


def _check_disjoint(number, split, names, what):
    train, held_out = split
    shared = np.intersect1d(names[train], names[held_out])
    if len(shared):
        raise DataError(
            f"cv puts {what} {shared[0]} on both sides of split {number}; held-out rows and groups "
            "must not be used for training"
        )
