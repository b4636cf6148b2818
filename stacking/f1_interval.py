"""The bootstrap interval of macro F1, from counts: as quick as one score, for any number of draws.

A draw of whole groups adds up what each group brings to every class – rows of it, rows said to be
it, hits – so all draws are one product of matrices. :func:`bootstrap_interval` takes any score.
"""

import numpy as np

from .intervals import middle, number_groups
from .scores import macro_f1_of_counts

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
    codes = number_groups(y, predicted, groups, n_draws, level)
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
    return middle(np.concatenate(scores), level)


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
