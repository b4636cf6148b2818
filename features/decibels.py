"""Decibels as librosa's ``power_to_db`` defines them."""

import numpy as np

_FLOOR = 1e-10
_RANGE = 80.0


def power_to_db(power):
    """Turn powers into decibels, cut 80 dB below the maximum of the whole array.

    Parameters
    ----------
    power : ndarray of floats, any shape

    Returns
    -------
    ndarray of the same shape and dtype
        In dB with reference 1; powers under 1e-10 count as -100 dB.
    """
    decibels = np.log(np.maximum(power, power.dtype.type(_FLOOR)))
    decibels *= power.dtype.type(10 / np.log(10))
    return np.maximum(decibels, decibels.max() - power.dtype.type(_RANGE), out=decibels)
