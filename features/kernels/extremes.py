"""Means of the smallest and the largest values of each column, by sorting networks.

Conventions: eight rows are sorted at a time, once for both ends, and merged with the eight largest
and the eight smallest values so far, of which there may be more than asked for. What the merges
leave over is inserted into the further places of those that ask for more than eight. The rows of a
tile lie a constant number of values apart: only then can the compiler infer that they do not
overlap, and vectorise.
"""

import numpy as np

from .common import njit_ordered
from .sorting import order, sort_bitonic_eight, sort_eight

_EIGHT = 8
_COLUMNS = 64
# Rows of a tile: the eight smallest and the eight largest values so far, both ascending, and the
# values that a merge has pushed out of either.
_LOW, _HIGH, _PUSHED_BY_LOW, _PUSHED_BY_HIGH, _STOP = 0, 8, 16, 24, 32


@njit_ordered
def mean_extremes(rows, n_extreme):
    """Return the means of the ``n_extreme`` smallest and largest values of each column.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns), float32
        At least ``n_extreme`` rows.
    n_extreme : int

    Returns
    -------
    smallest, largest : ndarray of shape (n_columns,), float64

    References
    ----------
    Batcher, "Sorting networks and their applications", AFIPS 1968.
    """
    n_rows, n_columns = rows.shape
    smallest, largest = np.empty(n_columns), np.empty(n_columns)
    tile = np.zeros(_STOP * _COLUMNS, np.float32)
    further = np.empty((2, max(n_extreme - _EIGHT, 0), _COLUMNS), np.float32)
    for start in range(0, n_columns, _COLUMNS):
        # The last tile overlaps the one before, as short loops take longer than full ones.
        start = max(min(start, n_columns - _COLUMNS), 0)
        _start_tile(rows[: n_rows % _EIGHT], start, tile, further)
        for k in range(n_rows % _EIGHT, n_rows, _EIGHT):
            _merge(rows[k : k + _EIGHT], start, tile)
            if n_extreme > _EIGHT:
                _insert(tile[_PUSHED_BY_LOW * _COLUMNS :], np.float32(1), further[0])
                _insert(tile[_PUSHED_BY_HIGH * _COLUMNS :], np.float32(-1), further[1])
        stop = min(start + _COLUMNS, n_columns)
        _average(tile[_LOW * _COLUMNS :], 1, n_extreme, further[0], smallest[start:stop])
        _average(tile[_HIGH * _COLUMNS :], -1, n_extreme, further[1], largest[start:stop])
    return smallest, largest


@njit_ordered
def _start_tile(rows, start, tile, further):
    """Start with the rows left over by eights as the smallest and largest values so far."""
    n = _COLUMNS
    tile[_LOW * n : _HIGH * n] = np.inf
    tile[_HIGH * n : _PUSHED_BY_LOW * n] = -np.inf
    further[:] = np.inf
    for i in range(len(rows)):
        for f in range(min(n, rows.shape[1] - start)):
            tile[f + (_LOW + i) * n] = tile[f + (_HIGH + i) * n] = rows[i, start + f]
    for f in range(n):
        _store(sort_eight(*_load(tile, f + _LOW * n)), tile, f + _LOW * n)
        _store(sort_eight(*_load(tile, f + _HIGH * n)), tile, f + _HIGH * n)


@njit_ordered
def _merge(rows, start, tile):
    """Merge eight rows with the smallest and the largest values so far.

    Of two sorted runs of eight, the smaller ones of ``a[i]`` and ``b[7 - i]`` are the lower half.
    """
    n = _COLUMNS
    r0, r1, r2, r3 = rows[0, start:], rows[1, start:], rows[2, start:], rows[3, start:]
    r4, r5, r6, r7 = rows[4, start:], rows[5, start:], rows[6, start:], rows[7, start:]
    for f in range(min(n, len(r0))):
        a, b, c, d, e, g, h, i = sort_eight(r0[f], r1[f], r2[f], r3[f], r4[f], r5[f], r6[f], r7[f])
        falling = i, h, g, e, d, c, b, a
        lower, upper = _split(falling, _load(tile, f + _LOW * n))
        _store(sort_bitonic_eight(*lower), tile, f + _LOW * n)
        _store(upper, tile, f + _PUSHED_BY_LOW * n)
        lower, upper = _split(falling, _load(tile, f + _HIGH * n))
        _store(sort_bitonic_eight(*upper), tile, f + _HIGH * n)
        _store(lower, tile, f + _PUSHED_BY_HIGH * n)


@njit_ordered
def _load(tile, f):
    n = _COLUMNS
    return (
        tile[f], tile[f + n], tile[f + 2 * n], tile[f + 3 * n],
        tile[f + 4 * n], tile[f + 5 * n], tile[f + 6 * n], tile[f + 7 * n],
    )  # fmt: skip


@njit_ordered
def _store(values, tile, f):
    n = _COLUMNS
    tile[f], tile[f + n], tile[f + 2 * n], tile[f + 3 * n] = values[:4]
    tile[f + 4 * n], tile[f + 5 * n], tile[f + 6 * n], tile[f + 7 * n] = values[4:]


@njit_ordered
def _split(p, q):
    """Return the smaller and the larger values of eight pairs."""
    a, b, c, d = order(p[0], q[0]), order(p[1], q[1]), order(p[2], q[2]), order(p[3], q[3])
    e, f, g, h = order(p[4], q[4]), order(p[5], q[5]), order(p[6], q[6]), order(p[7], q[7])
    lower = a[0], b[0], c[0], d[0], e[0], f[0], g[0], h[0]
    return lower, (a[1], b[1], c[1], d[1], e[1], f[1], g[1], h[1])


@njit_ordered
def _insert(values, sign, further):
    """Insert eight values of each column, times a sign, into further places, smallest first."""
    for j in range(len(further) - 1):
        place = further[j]
        for f in range(_COLUMNS):
            least = place[f]
            for i in range(_EIGHT):
                least, value = order(least, sign * values[f + i * _COLUMNS])
                values[f + i * _COLUMNS] = sign * value
            place[f] = least
    place = further[-1]
    for f in range(_COLUMNS):
        for i in range(_EIGHT):
            place[f] = min(place[f], sign * values[f + i * _COLUMNS])


@njit_ordered
def _average(tile, sign, n_extreme, further, averages):
    """Average the first values of each column by a sign of 1, the last ones by a sign of -1."""
    n_near = min(n_extreme, _EIGHT)
    for f in range(len(averages)):
        averages[f] = 0
    for i in range(n_near):
        row = tile[(i if sign > 0 else _EIGHT - 1 - i) * _COLUMNS :]
        for f in range(len(averages)):
            averages[f] += row[f]
    for i in range(n_extreme - n_near):
        for f in range(len(averages)):
            averages[f] += sign * further[i, f]
    for f in range(len(averages)):
        averages[f] /= n_extreme
