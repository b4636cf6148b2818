"""Sum rows over time up into statistics of the clip.

Conventions: moments are computed in float64; standard deviation, skew and kurtosis are of the
population (``ddof=0``), kurtosis is the excess over a normal distribution's. A row that is constant
but for rounding has skew and kurtosis 0, where SciPy gives NaN.
"""

import numpy as np

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
    rows = rows.astype(np.float64)
    mean = rows.mean(axis=1)
    centred = rows - mean[:, None]
    variance = (centred**2).mean(axis=1)
    std = np.sqrt(variance)
    low, high = rows.min(axis=1), rows.max(axis=1)
    shaped = std > _CONSTANT * np.maximum(np.abs(low), np.abs(high))
    safe = np.where(shaped, std, 1.0)
    skew = np.where(shaped, (centred**3).mean(axis=1) / safe**3, 0.0)
    kurtosis = np.where(shaped, (centred**4).mean(axis=1) / safe**4 - 3.0, 0.0)
    return np.stack([mean, std, low, high, np.median(rows, axis=1), skew, kurtosis], axis=1)
