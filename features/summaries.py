"""Sum rows over time up into statistics of the clip.

Conventions: moments are computed in float64; standard deviation, skew and kurtosis are of the
population (``ddof=0``), kurtosis is the excess over a normal distribution's. A row that is constant
but for rounding has skew and kurtosis 0, where SciPy gives NaN.
"""

import numpy as np

from .kernels import reordered

STATISTICS = ("mean", "std", "min", "max", "median", "skew", "kurtosis")

# A spread this small beside the values is float32 rounding, not a distribution with a shape.
_CONSTANT = 1e-6


def summarise(rows):
    """Give the seven statistics of every row.

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
    for row, line in zip(rows, out, strict=True):
        _moments(row, line)
    out[:, STATISTICS.index("median")] = medians(rows)
    return out


def medians(rows):
    """Find the median of every row.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_frames), float32
        C-contiguous.

    Returns
    -------
    ndarray of shape (n_rows,), float64

    Notes
    -----
    A float32's bits, read as an integer with the negative ones mirrored, sort as the number does.
    The middle is found by halving the range of these integers and counting, which vectorises where
    a partition does not.
    """
    middle = _mirror(_middle_keys(_mirror(rows.view(np.int32))))
    return middle.view(np.float32).astype(np.float64).mean(axis=1)


def _mirror(bits):
    """Reverse the order of the negative numbers; its own inverse."""
    return bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))


@reordered
def _moments(row, out):
    n = len(row)
    total, low, high = 0.0, row[0], row[0]
    for f in range(n):
        total += row[f]
    for f in range(n):
        low = min(low, row[f])
        high = max(high, row[f])
    mean = total / n
    m2, m3, m4 = 0.0, 0.0, 0.0
    for f in range(n):
        d = row[f] - mean
        m2 += d * d
        m3 += d * d * d
        m4 += d * d * d * d
    variance = m2 / n
    std = np.sqrt(variance)
    out[0], out[1], out[2], out[3] = mean, std, low, high
    if std > _CONSTANT * max(abs(low), abs(high)):
        out[5] = m3 / n / (variance * std)
        out[6] = m4 / n / (variance * variance) - 3.0
    else:
        out[5] = out[6] = 0.0


@reordered
def _middle_keys(keys):
    """The two middle values of each row in order (the same one twice for an odd count)."""
    n_rows, n = keys.shape
    middle = np.empty((n_rows, 2), np.int32)
    for i in range(n_rows):
        low, high = np.int64(keys[i].min()), np.int64(keys[i].max())
        while low < high:
            guess = (low + high) >> 1
            if _count_up_to(keys[i], np.int32(guess)) > (n - 1) // 2:
                high = guess
            else:
                low = guess + 1
        middle[i] = low
        if n % 2 == 0 and _count_up_to(keys[i], np.int32(low)) == n // 2:
            middle[i, 1] = _least_above(keys[i], np.int32(low))
    return middle


@reordered
def _count_up_to(row, limit):
    count = np.int32(0)
    for f in range(len(row)):
        # Without the cast numba counts in 64 bits, half as many at a time.
        count = np.int32(count + (row[f] <= limit))
    return count


@reordered
def _least_above(row, limit):
    least = np.uint32(0xFFFFFFFF)
    for f in range(len(row)):
        # Unsigned, what is not above wraps round to something large: no branch.
        beyond = np.uint32(row[f] - limit - 1)
        least = beyond if beyond < least else least
    return np.int32(least + limit + 1)
