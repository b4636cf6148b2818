"""Running median of seventeen rows, by a sorting network.

Conventions: min and max only, no branches, so the columns of a tile are processed together. Two
neighbouring medians share sixteen of their rows: these are sorted as two runs of eight, once for
both. Rows of a tile lie a constant number of values apart: only then can the compiler infer that
they do not overlap, and vectorise.
"""

import numpy as np

from .common import njit_ordered
from .sorting import order, sort_eight

_WIDTH = 17
_COLUMNS = 64


def running_median(rows):
    """Compute the median of 17 neighbouring rows, column by column.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns), float32
        In C or Fortran order.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), float32
        In the same order. The array is reflected beyond its first and last rows, as in
        ``scipy.ndimage.median_filter(rows, (17, 1))``.

    References
    ----------
    Adams, "Fast median filters using separable sorting networks", ACM Transactions on Graphics 2021
    (windows that share their sorted values).
    """
    medians = np.empty_like(rows)
    reflected = np.pad(np.arange(len(rows)), _WIDTH // 2, mode="symmetric")
    _fill_medians(rows, reflected, medians)
    return medians


@njit_ordered
def _fill_medians(rows, reflected, medians):
    """Fill in the medians tile by tile; row ``i`` of a tile is ``rows[reflected[i]]``."""
    n_rows, n_columns = rows.shape
    # One row more, since medians are computed in pairs.
    tile = np.zeros((len(reflected) + 1) * _COLUMNS, np.float32)
    found = np.empty((n_rows + 1) * _COLUMNS, np.float32)
    for start in range(0, n_columns, _COLUMNS):
        stop = min(start + _COLUMNS, n_columns)
        for i in range(len(reflected)):
            _copy(rows[reflected[i], start:stop], tile[i * _COLUMNS :])
        for i in range(0, n_rows, 2):
            _fill_two_medians(tile[i * _COLUMNS :], found[i * _COLUMNS :])
        for i in range(n_rows):
            _copy(found[i * _COLUMNS :], medians[i, start:stop])


@njit_ordered
def _copy(values, place):
    for f in range(min(len(values), len(place))):
        place[f] = values[f]


@njit_ordered
def _fill_two_medians(window, pair):
    """Fill in the medians of rows 0 to 16 and of rows 1 to 17 of a window.

    Of sixteen values, the eighth and the ninth bound the median of all sets of seventeen.
    """
    n = _COLUMNS
    for f in range(n):
        one = sort_eight(
            window[f + n], window[f + 2 * n], window[f + 3 * n], window[f + 4 * n],
            window[f + 5 * n], window[f + 6 * n], window[f + 7 * n], window[f + 8 * n],
        )  # fmt: skip
        other = sort_eight(
            window[f + 9 * n], window[f + 10 * n], window[f + 11 * n], window[f + 12 * n],
            window[f + 13 * n], window[f + 14 * n], window[f + 15 * n], window[f + 16 * n],
        )  # fmt: skip
        below, above = _middle_of_sixteen(one, other)
        pair[f] = min(max(window[f], below), above)
        pair[f + n] = min(max(window[f + 17 * n], below), above)


@njit_ordered
def _middle_of_sixteen(a, b):
    """Return the eighth and the ninth value of two sorted runs of eight.

    The smaller ones of ``a[i]`` and ``b[7 - i]`` are the lower half of all.
    """
    s, t, u, v = order(a[0], b[7]), order(a[1], b[6]), order(a[2], b[5]), order(a[3], b[4])
    w, x, y, z = order(a[4], b[3]), order(a[5], b[2]), order(a[6], b[1]), order(a[7], b[0])
    below = max(max(s[0], t[0], u[0], v[0]), max(w[0], x[0], y[0], z[0]))
    above = min(min(s[1], t[1], u[1], v[1]), min(w[1], x[1], y[1], z[1]))
    return below, above
