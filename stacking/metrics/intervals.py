"""How sure a score is: intervals by bootstrap over groups.

Clips of one song are not independent, so whole groups are drawn, with replacement; an interval that
draws clips one by one would be too narrow.
"""

import numpy as np

from ...exceptions import DataError, UsageError
from ..folds import check_groups
from .f1 import macro_f1, macro_f1_of_counts


def bootstrap_interval(
    y, predicted, groups=None, *, score=macro_f1, n_draws=1000, level=0.95, seed=0
):
    """Give the percentile interval of a score over draws of groups.

    Parameters
    ----------
    y, predicted : array-like of shape (n,) or (n, ...)
        Truth and prediction, as ``score`` takes them.
    groups : array-like of shape (n,), optional
        What is drawn as a whole; each row is its own group by default.
    score : callable, default=macro_f1
        ``score(y, predicted) -> float``.
    n_draws : int, default=1000
    level : float, default=0.95
        Share of the draws inside, in (0, 1).
    seed : int, default=0

    Returns
    -------
    low, high : float
        Without limits where there is one group only, which tells nothing of another.

    Raises
    ------
    UsageError
        ``level`` or ``n_draws`` is out of range.
    DataError
        The arrays differ in length, or are empty, or a row has no group.

    References
    ----------
    Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7.
    """
    y, predicted = np.asarray(y), np.asarray(predicted)
    codes = encode_groups(y, predicted, groups, n_draws, level)
    if codes.max() == 0:
        return -np.inf, np.inf
    rng = np.random.default_rng(seed)
    drawn = (score(y[rows], predicted[rows]) for rows in _draw_rows(codes, n_draws, rng))
    return percentile_interval(np.fromiter(drawn, float, n_draws), level)


def encode_groups(y, predicted, groups, n_draws, level):
    """Number the groups to draw, each row its own without groups, where all that is given fits.

    Returns
    -------
    ndarray of shape (n,), int

    Raises
    ------
    UsageError, DataError
        As :func:`bootstrap_interval`.
    """
    if not 0 < level < 1 or n_draws < 1:
        raise UsageError(
            f"level must be in (0, 1) and n_draws 1 or more. Got level={level}, n_draws={n_draws}."
        )
    if not 0 < len(y) == len(predicted):
        raise DataError(
            f"y and predicted must have one length above 0. Got {len(y)} and {len(predicted)}."
        )
    if groups is None:
        return np.arange(len(y))
    return np.unique(check_groups(groups, len(y)), return_inverse=True)[1]


def percentile_interval(scores, level):
    """Give the limits that hold a share of the scores between them, as much left out on each side.

    Returns
    -------
    low, high : float
    """
    tail = (1 - level) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return float(low), float(high)


def _draw_rows(codes, n_draws, rng):
    """Yield the rows of as many groups as there are, drawn with replacement."""
    rows, n_groups = np.arange(len(codes)), codes.max() + 1
    for _ in range(n_draws):
        times = np.bincount(rng.integers(n_groups, size=n_groups), minlength=n_groups)
        yield np.repeat(rows, times[codes])


# Draws at a time: their multiplicities take 100 numbers a group.
_AT_ONCE = 100


def macro_f1_interval(y, predicted, groups=None, *, n_draws=1000, level=0.95, seed=0):
    """Give the percentile interval of macro F1 over draws of groups.

    Parameters
    ----------
    y, predicted : array-like of shape (n,)
        Classes of one kind: numbers or strings.
    groups : array-like of shape (n,), optional
        What is drawn as a whole; each row is its own group by default.
    n_draws : int, default=1000
    level : float, default=0.95
        Share of the draws inside, in (0, 1).
    seed : int, default=0

    Returns
    -------
    low, high : float
        0 and 1 where there is one group only, which tells nothing of another.

    Raises
    ------
    UsageError, DataError
        As :func:`bootstrap_interval`.
    """
    codes = encode_groups(y, predicted, groups, n_draws, level)
    if codes.max() == 0:
        return 0.0, 1.0
    counts = _count(y, predicted, codes)
    n_groups = len(counts)
    rng = np.random.default_rng(seed)
    scores = []
    for start in range(0, n_draws, _AT_ONCE):
        size = min(_AT_ONCE, n_draws - start)
        times = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=size)
        totals = (times.astype(float) @ counts).reshape(size, 2, -1)
        # Only the sum of rows there and rows said matters.
        scores.append(macro_f1_of_counts(totals[:, 0], totals[:, 1], 0))
    return percentile_interval(np.concatenate(scores), level)


def _count(y, predicted, group):
    """Count hits, and rows on either side, by group: shape (n_groups, 2 * n_classes)."""
    _, codes = np.unique(np.concatenate([y, predicted]), return_inverse=True)
    truth, said = codes[: len(y)], codes[len(y) :]
    shape = group.max() + 1, codes.max() + 1
    hits, rows = np.zeros(shape), np.zeros(shape)
    np.add.at(hits, (group[truth == said], truth[truth == said]), 1)
    np.add.at(rows, (group, truth), 1)
    np.add.at(rows, (group, said), 1)
    return np.hstack([hits, rows])
