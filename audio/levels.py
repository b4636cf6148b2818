"""Levels of audio: decibels, 16-bit integers, and loudness in LUFS.

Conventions: an amplitude of 1 is full scale, 0 dBFS. Scalars and arrays are accepted alike.
"""

import math
import warnings

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


def scale_integers(samples):
    """Scale integer samples to [-1, 1] by the range of their type, as those of files are.

    Parameters
    ----------
    samples : ndarray
        Of 8, 16 or 32 bits; signed, or unsigned with silence in the middle, as in 8-bit WAV files.
        Floats are returned as they are, and so are integers of 64 bits: NumPy's default type, not
        one of samples.

    Returns
    -------
    ndarray of float32

    Examples
    --------
    >>> import numpy as np
    >>> scale_integers(np.array([-32768, 16384], np.int16))
    array([-1. ,  0.5], dtype=float32)
    >>> scale_integers(np.array([0, 128, 255], np.uint8))
    array([-1.       ,  0.       ,  0.9921875], dtype=float32)
    """
    if samples.dtype.kind not in "iu" or samples.dtype.itemsize > 4:
        return samples.astype(np.float32, copy=False)
    full_scale = 2 ** (8 * samples.dtype.itemsize - 1)
    scaled = samples / full_scale
    return (scaled - (samples.dtype.kind == "u")).astype(np.float32)


# Length in seconds of the blocks whose loudness is averaged.
BLOCK_SECONDS = 0.4
# The standard's absolute gate, in LUFS: blocks below it do not count.
GATE_LUFS = -70.0


def integrated_loudness(clip, sr):
    """Compute the integrated loudness of a mono clip.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float
        Filtered in its own precision.
    sr : int
        Sample rate in Hz.

    Returns
    -------
    float
        In LUFS; ``-inf`` for silence, for clips below the gate of -70 LUFS and for a single sample.
        A clip shorter than the standard's block of 0.4 s is measured as one block.

    References
    ----------
    ITU-R BS.1770-4, "Algorithms to measure audio programme loudness and true-peak audio level",
    2015; computed by pyloudnorm.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
    >>> round(integrated_loudness(tone, 48000))
    -3
    """
    import pyloudnorm

    # pyloudnorm raises when a block rounds to more samples than the clip has.
    block = min(BLOCK_SECONDS, math.nextafter(len(clip) / sr, 0))
    meter = pyloudnorm.Meter(sr, block_size=block)
    with warnings.catch_warnings():
        # pyloudnorm averages over no blocks at all when all are below the gate.
        warnings.simplefilter("ignore", RuntimeWarning)
        level = meter.integrated_loudness(clip)
    return float(level) if level >= GATE_LUFS else -math.inf
