"""Conversions between amplitudes, decibels and 16-bit samples.

Conventions: an amplitude of 1 is full scale, 0 dBFS. Scalars and arrays are accepted alike.
"""

import numpy as np

# A 16-bit sample is an amplitude times 32768, the largest value that both signs hold is 32767.
INT16_SCALE = 32768
INT16_MAX = 32767
# The amplitude of the largest 16-bit sample.
INT16_PEAK = INT16_MAX / INT16_SCALE


def db_to_amplitude(decibels):
    """Convert decibels to an amplitude ratio.

    Parameters
    ----------
    decibels : float or ndarray
        In dB.

    Returns
    -------
    float or ndarray
        ``10 ** (decibels / 20)``.

    See Also
    --------
    amplitude_to_db : The inverse.

    Examples
    --------
    >>> db_to_amplitude(-20)
    0.1
    """
    return 10 ** (decibels / 20)


def amplitude_to_db(amplitude):
    """Convert amplitude ratios to decibels.

    Parameters
    ----------
    amplitude : float or ndarray
        Greater than 0.

    Returns
    -------
    float or ndarray
        ``20 * log10(amplitude)``, in dB.

    See Also
    --------
    db_to_amplitude : The inverse.
    power_ratio_to_db : The same for powers, such as squared amplitudes.

    Examples
    --------
    >>> float(amplitude_to_db(0.1))
    -20.0
    """
    return 20 * np.log10(amplitude)


def db_to_power_ratio(decibels):
    """Convert decibels to a power ratio.

    Parameters
    ----------
    decibels : float or ndarray
        In dB.

    Returns
    -------
    float or ndarray
        ``10 ** (decibels / 10)``.

    Examples
    --------
    >>> db_to_power_ratio(-10)
    0.1
    """
    return 10 ** (decibels / 10)


def power_ratio_to_db(power):
    """Convert power ratios to decibels.

    Parameters
    ----------
    power : float or ndarray
        Greater than 0.

    Returns
    -------
    float or ndarray
        ``10 * log10(power)``, in dB.

    Examples
    --------
    >>> float(power_ratio_to_db(0.1))
    -10.0
    """
    return 10 * np.log10(power)
