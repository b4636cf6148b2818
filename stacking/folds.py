"""Folds and splits: stratified by label, disjoint by group, made once and used by every model.

A fold assignment, or *fold table*, is one integer per row: the fold in which the row is held out. A
model of fold ``k`` is trained on the rows whose fold is not ``k``. A *split* is a pair (training
rows, held-out rows) of positions. Splits that hold out every row once make one fold table; repeats
make several.
"""

import warnings

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv
from sklearn.utils import check_random_state

from ..exceptions import DataError, UsageError
from ..utils.targets import check_labels, check_none_missing
from .multilabel import check_every_label_trains, check_targets, iterative_folds, label_names


def assign_folds(y, groups=None, *, n_folds=5, seed=0):
    """Assign each row the fold in which it is held out.

    Parameters
    ----------
    y : array-like of shape (n,), or of shape (n, n_labels)
        Labels, by which folds are stratified; of an indicator matrix of several labels iteratively
        (Sechidis et al. 2011).
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
    named_y, y = y, check_targets(y)
    groups = np.arange(len(y)) if groups is None else check_groups(groups, len(y))
    if y.ndim == 2:
        return _multilabel_folds(y, groups, n_folds, seed, label_names(named_y))
    _check_folds_possible(y, groups, n_folds)
    if len(np.unique(groups)) == len(groups):
        splitter = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
        folds = _fold_vector(splitter.split(y, y), len(y))
    else:
        folds = stratified_group_folds(y, groups, n_folds, seed)
    check_every_class_trains(y, folds)
    return folds


def _multilabel_folds(y, groups, n_folds, seed, names):
    """Assign folds by iterative stratification, and check that each label can be learnt."""
    n_groups = len(np.unique(groups))
    if not 2 <= n_folds <= n_groups:
        raise UsageError(f"The number of folds must be 2 to {n_groups} (groups). Got {n_folds}.")
    folds = iterative_folds(y, groups, n_folds, seed)
    check_every_class_trains(y, folds, names)
    return folds


def stratified_group_folds(y, groups, n_folds, seed):
    """Assign folds by scikit-learn's ``StratifiedGroupKFold`` with shuffling, without checks.

    Parameters
    ----------
    y, groups : ndarray of shape (n,)
    n_folds, seed : int

    Returns
    -------
    ndarray of shape (n,), int
    """
    # As shuffle=True of scikit-learn 1.8: earlier versions shuffle the labels of the groups only,
    # which leaves classes that are missing from a fold.
    numbers = np.unique(groups, return_inverse=True)[1]
    order = np.random.RandomState(seed).permutation(numbers.max() + 1)
    shuffled = np.argsort(order)[numbers]
    return _fold_vector(StratifiedGroupKFold(n_folds).split(y, y, shuffled), len(y))


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

    Raises
    ------
    DataError
        The number of folds is not that of rows, or a row has no label or no fold.

    See Also
    --------
    assign_folds : Makes the folds.

    Examples
    --------
    >>> from stemstack.stacking import fold_balance
    >>> fold_balance(["a", "b", "a", "b"], [0, 0, 1, 1]).to_numpy().tolist()
    [[1, 1], [1, 1]]
    """
    y = check_labels(y)
    check_none_missing(folds, "fold", "use that of its song")
    if np.shape(folds) != y.shape:
        raise DataError(f"folds must have one value per row, {y.shape}. Got {np.shape(folds)}.")
    y, folds = pd.Series(y, name="label"), pd.Series(np.asarray(folds), name="fold")
    return pd.crosstab(y, folds)


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


def check_groups_in_folds(groups, folds):
    """Check that no group is in several folds.

    Parameters
    ----------
    groups : array-like of shape (n,)
    folds : ndarray of shape (n,), int

    Raises
    ------
    DataError
        One is, or a row has no group.
    """
    table = pd.DataFrame({"group": check_groups(groups, len(folds)), "fold": folds})
    n_folds = table.groupby("group")["fold"].nunique()
    if (n_folds > 1).any():
        raise DataError(
            f"group {n_folds.idxmax()} is in {n_folds.max()} folds; give folds that keep the "
            "rows of each group together"
        )


def check_every_class_trains(y, folds, names=None):
    """Raise an error if one fold holds all rows of a class: its model could not learn the class.

    Parameters
    ----------
    y : array-like of shape (n,), or ndarray of shape (n, n_labels), int
    folds : array-like of shape (n,), int
    names : sequence, optional
        Of the labels, in messages; by default their numbers.

    Raises
    ------
    DataError
        All rows of a class, or with or without a label, are in one fold.
    """
    if np.ndim(y) == 2:
        check_every_label_trains(y, np.asarray(folds), names)
        return
    n_folds = pd.Series(folds).groupby(y).nunique()
    if (n_folds < 2).any():
        raise DataError(
            f"All groups of class {n_folds.index[n_folds < 2][0]} are in one fold; "
            "use fewer folds or add groups"
        )


def _check_folds_possible(y, groups, n_folds):
    """Raise an error for fewer than two folds, and for classes with fewer groups than folds."""
    if n_folds < 2:
        raise UsageError(f"The number of folds must be 2 or more. Got {n_folds} instead.")
    counts = pd.Series(groups).groupby(np.asarray(y)).nunique()
    small, n = counts[counts < n_folds], counts.min()
    if len(small):
        named = ", ".join(f"{label} ({count})" for label, count in small.items())
        fewer = f"use {n} folds (cv={n}, or --folds {n}), or " if n > 1 else ""
        raise DataError(
            f"Classes with fewer songs or groups than the {n_folds} folds: {named}; "
            f"{fewer}add songs"
        )
