"""Statistics of rows over time.

Conventions: moments are computed in float64; standard deviation, skew and kurtosis are of the
population (``ddof=0``), kurtosis is the excess over that of a normal distribution. A row that is
constant up to rounding has skew and kurtosis 0, where SciPy returns NaN.
"""

import numpy as np

from .kernels.common import njit_reordered

STATISTICS = ("mean", "std", "min", "max", "median", "skew", "kurtosis")

# A deviation this small relative to the values is float32 rounding.
_CONSTANT = 1e-6


def compute_statistics(rows):
    """Compute the seven statistics of every row.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_frames), float32

    Returns
    -------
    ndarray of shape (n_rows, 7), float64
        Columns in the order of ``STATISTICS``.
    """
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    out = np.empty((len(rows), len(STATISTICS)))
    _fill_statistics(rows, rows.view(np.int32), out)
    return out


def quantile(rows, share):
    """Compute a quantile of every row, as ``numpy.quantile`` but faster.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_frames), float32
    share : float
        From 0 to 1.

    Returns
    -------
    ndarray of shape (n_rows,), float64
        Interpolated between the two values next to it.
    """
    rows = np.ascontiguousarray(rows)
    return _quantiles(rows.view(np.int32), share * (rows.shape[1] - 1))


@njit_reordered
def _fill_statistics(rows, bits, out):
    keys = np.empty(rows.shape[1], np.int32)
    for i in range(len(rows)):
        line = out[i]
        _fill_keys(bits[i], keys)
        low, high = _extreme_keys(keys)
        line[2], line[3] = _to_float(low), _to_float(high)
        below, above = _neighbouring_keys(keys, low, high, (len(keys) - 1) / 2)
        line[4] = (_to_float(below) + _to_float(above)) / 2
        _fill_moments(rows[i], line)


@njit_reordered
def _quantiles(bits, position):
    """Return the values at a position in each sorted row, interpolated if it is a fraction."""
    keys = np.empty(bits.shape[1], np.int32)
    quantiles = np.empty(len(bits))
    for i in range(len(bits)):
        _fill_keys(bits[i], keys)
        low, high = _extreme_keys(keys)
        below, above = _neighbouring_keys(keys, low, high, position)
        share = position - int(position)
        quantiles[i] = (1 - share) * _to_float(below) + share * _to_float(above)
    return quantiles


@njit_reordered
def _fill_keys(bits, keys):
    """Fill in integers that sort as float32 numbers of these bits do."""
    for f in range(len(keys)):
        keys[f] = _mirror(bits[f])


@njit_reordered
def _to_float(key):
    return np.float64(np.int32(_mirror(np.int32(key))).view(np.float32))


@njit_reordered
def _mirror(bits):
    """Reverse the order of the negative numbers; its own inverse."""
    return bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF))


@njit_reordered
def _extreme_keys(keys):
    low = high = keys[0]
    for f in range(len(keys)):
        low = min(low, keys[f])
        high = max(high, keys[f])
    return low, high


@njit_reordered
def _fill_moments(row, line):
    """Fill in mean, deviation, skew and kurtosis; minimum and maximum are filled in already."""
    n = len(row)
    total = 0.0
    for f in range(n):
        total += row[f]
    mean = total / n
    m2, m3, m4 = 0.0, 0.0, 0.0
    for f in range(n):
        d = row[f] - mean
        m2 += d * d
        m3 += d * d * d
        m4 += d * d * d * d
    variance = m2 / n
    std = np.sqrt(variance)
    line[0], line[1] = mean, std
    if std > _CONSTANT * max(abs(line[2]), abs(line[3])):
        line[5] = m3 / n / (variance * std)
        line[6] = m4 / n / (variance * variance) - 3.0
    else:
        line[5] = line[6] = 0.0


@njit_reordered
def _neighbouring_keys(keys, low, high, position):
    """Return the two values next to a position in the sorted keys; the same if it is a whole one.

    By bisection over the integers, counting values in each step, which is vectorised where a
    partition is not.
    """
    rank = int(position) + 1
    low, high = np.int64(low), np.int64(high)
    # Levels that are cut off at a floor often have it as median: it is tried first.
    pivot = low
    while low < high:
        count = _count_up_to(keys, np.int32(pivot))
        if count == rank:
            low = high = np.int64(_greatest_up_to(keys, np.int32(pivot)))
        elif count > rank:
            high = pivot
        else:
            low = pivot + 1
        pivot = (low + high) >> 1
    below = np.int32(low)
    if position > rank - 1 and _count_up_to(keys, below) == rank:
        return below, _least_above(keys, below)
    return below, below


@njit_reordered
def _count_up_to(row, limit):
    count = np.int32(0)
    for f in range(len(row)):
        # Without the cast numba counts in 64 bits, half as many at a time.
        count = np.int32(count + (row[f] <= limit))
    return count


@njit_reordered
def _greatest_up_to(row, limit):
    least = np.uint32(0xFFFFFFFF)
    for f in range(len(row)):
        # Unsigned, values above the limit wrap around to large ones: no branch.
        below = np.uint32(limit - row[f])
        least = below if below < least else least
    return np.int32(limit - least)


@njit_reordered
def _least_above(row, limit):
    least = np.uint32(0xFFFFFFFF)
    for f in range(len(row)):
        beyond = np.uint32(row[f] - limit - 1)
        least = beyond if beyond < least else least
    return np.int32(least + limit + 1)
