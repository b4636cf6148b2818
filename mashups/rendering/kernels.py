"""Compiled inner loops of mixing, which read memory-mapped stems directly, and of effects.

Conventions: stems are int16, the mix is float32 with full scale 1, positions are float64.
Operations are not reordered or fused, so the bytes are the same on any machine. There are no bounds
checks: callers must not pass positions outside the samples.
"""

import math

import numpy as np

from ...audio.levels import INT16_SCALE
from ...features.kernels.common import njit_ordered

_STEP = np.float32(1 / INT16_SCALE)
_BLOCK = 256
# Of active levels: the length of frames, and their power relative to the loudest (40 dB).
_FRAME_SECONDS = 0.02
_ACTIVE_POWER = 1e-4


@njit_ordered
def add_scaled(mix, samples, gain):
    """Add ``gain`` times the samples to the mix, in place.

    Parameters
    ----------
    mix : ndarray of shape (n,), float32
    samples : ndarray of shape (n,) or longer, int16
    gain : float32
    """
    gain = gain * _STEP
    for i in range(len(mix)):
        mix[i] += gain * np.float32(samples[i])


@njit_ordered
def add_varispeed(mix, samples, start, rate, gain):
    """Add ``gain`` times the samples, read at a rate with linear interpolation, in place.

    Parameters
    ----------
    mix : ndarray of shape (n,), float32
    samples : ndarray of shape (n_samples,), int16
        Fewer than 2**31.
    start : int
        Sample ``i`` of the mix is read at ``(start + i) * rate``.
    rate : float
    gain : float32
    """
    # The step is a power of two, so scaling the gain by it does not change any rounding.
    gain = gain * _STEP
    lefts, fractions = np.empty(_BLOCK, np.uint32), np.empty(_BLOCK, np.float32)
    for begin in range(0, len(mix), _BLOCK):
        block, first = mix[begin : begin + _BLOCK], np.float64(start + begin)
        # A separate loop without look-ups, which compiles to vector instructions.
        for i in range(len(block)):
            position = (first + np.int32(i)) * rate
            left = np.int32(position)
            lefts[i], fractions[i] = left, position - left
        for i in range(len(block)):
            before = np.float32(samples[lefts[i]])
            after = np.float32(samples[lefts[i] + np.uint32(1)])
            block[i] += gain * (before + fractions[i] * (after - before))


@njit_ordered
def _mean_square(clip):
    """Compute the mean square of a float32 clip by sequential summation in float64."""
    total = 0.0
    for i in range(len(clip)):
        total += np.float64(clip[i]) * np.float64(clip[i])
    return total / len(clip)


@njit_ordered
def frame_power(clip, size):
    """Compute the mean squares of frames of ``size`` samples, of which the last may be shorter.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    size : int

    Returns
    -------
    ndarray of shape (ceil(n_samples / size),), float64
    """
    power = np.empty(-(-len(clip) // size))
    for k in range(len(power)):
        power[k] = _mean_square(clip[k * size : (k + 1) * size])
    return power


@njit_ordered
def hold_peaks(values, decay):
    """Let values fall to ``decay`` times the last one at most, in place.

    Parameters
    ----------
    values : ndarray of shape (n,), float64
        At least 0.
    decay : float
    """
    for k in range(1, len(values)):
        values[k] = max(values[k], values[k - 1] * decay)


@njit_ordered
def scale_smoothly(clip, gains, size):
    """Multiply a clip by a gain that is interpolated linearly between the middles of frames.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    gains : ndarray of shape (n_frames,), float32
        At the middle of each frame. Constant before the first and after the last.
    size : int
        Samples per frame.

    Returns
    -------
    ndarray of shape (n_samples,), float32
    """
    scaled = np.empty_like(clip)
    offset, width = size // 2, np.float32(size)
    # From the middle of frame k to that of the next.
    for k in range(-1, len(gains)):
        begin, end = max(0, k * size + offset), min(len(clip), (k + 1) * size + offset)
        left, right = gains[max(k, 0)], gains[min(k + 1, len(gains) - 1)]
        step = (right - left) / width
        for i in range(begin, end):
            scaled[i] = clip[i] * (left + step * np.float32(np.int32(i - k * size - offset)))
    return scaled


def rms(clip):
    """Compute the root mean square of a float32 clip; 0 for an empty clip."""
    return math.sqrt(_mean_square(clip)) if len(clip) else 0.0


def active_rms(clip, sr):
    """Compute the root mean square of the active frames of a clip, those that are not silent.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.

    Returns
    -------
    float
        0 for an empty clip.

    Notes
    -----
    Frames of 20 ms are active if their level is at most 40 dB below that of the loudest. This is
    the idea of the active speech level, without its smoothing and hangover.

    References
    ----------
    ITU-T P.56 (2011). Objective measurement of active speech level.
    """
    size = max(1, round(_FRAME_SECONDS * sr))
    if not len(clip):
        return 0.0
    power = frame_power(clip, size)
    sizes = np.minimum(size, len(clip) - size * np.arange(len(power)))
    n_samples = np.where(power >= _ACTIVE_POWER * power.max(), sizes, 0)
    return math.sqrt(np.sum(power * n_samples) / n_samples.sum())
