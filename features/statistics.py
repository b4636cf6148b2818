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
    keys = _to_keys(rows)
    out[:, 2], out[:, 3] = _to_floats(keys.min(axis=1)), _to_floats(keys.max(axis=1))
    # The two middle values, the same one twice for an odd count.
    out[:, 4] = _to_floats(_neighbouring_keys(keys, (rows.shape[1] - 1) / 2)).mean(axis=1)
    _fill_moments(rows, out)
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
    position = share * (rows.shape[1] - 1)
    below, above = _to_floats(_neighbouring_keys(_to_keys(rows), position)).T
    return below + (position - np.floor(position)) * (above - below)


def _to_keys(rows):
    """Return integers that sort as the float32 numbers do: their bits, negative ones reversed."""
    return _mirror(rows.view(np.int32))


def _to_floats(keys):
    return _mirror(keys).view(np.float32).astype(np.float64)


def _mirror(bits):
    """Reverse the order of the negative numbers; its own inverse."""
    keys = bits >> 31
    keys &= np.int32(0x7FFFFFFF)
    keys ^= bits
    return keys


@njit_reordered
def _fill_moments(rows, out):
    """Fill in mean, deviation, skew and kurtosis; minimum and maximum are filled in already."""
    n = rows.shape[1]
    for i in range(len(rows)):
        row, line = rows[i], out[i]
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
def _neighbouring_keys(keys, position):
    """Return the two values next to a position in each sorted row, which may be a fraction.

    By bisection over the integers, counting values in each step, which is vectorised where a
    partition is not.
    """
    n_rows = len(keys)
    rank = int(position) + 1
    neighbours = np.empty((n_rows, 2), np.int32)
    for i in range(n_rows):
        row = keys[i]
        low, high = np.int64(row.min()), np.int64(row.max())
        # Levels that are cut off at a floor often have it as median: it is tried first.
        pivot = low
        while low < high:
            count = _count_up_to(row, np.int32(pivot))
            if count == rank:
                low = high = np.int64(_greatest_up_to(row, np.int32(pivot)))
            elif count > rank:
                high = pivot
            else:
                low = pivot + 1
            pivot = (low + high) >> 1
        neighbours[i] = low
        if position > rank - 1 and _count_up_to(row, np.int32(low)) == rank:
            neighbours[i, 1] = _least_above(row, np.int32(low))
    return neighbours


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
