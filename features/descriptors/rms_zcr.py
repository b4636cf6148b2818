"""RMS level and zero-crossing rate, from the samples.

Both are sums over frames of four hops, so each hop is summed once.
"""

import numpy as np

from ..kernels.common import njit_reordered
from ..kernels.spectrum import HOP, N_FFT, count_frames
from .family import descriptor

_HOPS = N_FFT // HOP
_ZERO = np.float32(1e-10)


@descriptor("zcr", explanation="roughness", standard=True)
def zcr(clip):
    """Zero-crossing rate of each frame."""
    return compute_zero_crossing_rate(clip.samples)


@descriptor("rms", explanation="loudness", standard=True)
def rms(clip):
    """Root mean square of each frame."""
    return compute_rms(clip.samples)


def compute_rms(samples):
    """Compute the root mean square of each frame.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        As ``librosa.feature.rms``: the clip is padded by zeros. A full-scale sine has 0.707.
    """
    return np.sqrt(_sum_hops(_square_sums(samples)) / N_FFT)


def compute_zero_crossing_rate(samples):
    """Compute the share of neighbouring samples that differ in sign, by frame.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        As ``librosa.feature.zero_crossing_rate``: the clip is padded by its first and last samples,
        and values within 1e-10 of zero count as positive.
    """
    # The step onto the first sample of a frame does not count.
    edges = _negative(samples[HOP::HOP]) != _negative(samples[HOP - 1 : -1 : HOP])
    n_frames = count_frames(len(samples))
    not_counted = np.concatenate([np.zeros(_HOPS // 2 + 1), edges])[:n_frames]
    return (_sum_hops(_crossings(samples)) - not_counted) / N_FFT


def _sum_hops(sums):
    """Return the sums of frames from the sums of hops, of which the first two are padding."""
    running = np.concatenate([[0], np.cumsum(sums)])
    return running[_HOPS:] - running[:-_HOPS]


@njit_reordered
def _negative(samples):
    return samples < -_ZERO


@njit_reordered
def _square_sums(samples):
    n_frames = 1 + len(samples) // HOP
    sums = np.zeros(n_frames + _HOPS - 1)
    for hop in range(n_frames):
        block = samples[hop * HOP : (hop + 1) * HOP]
        total = 0.0
        for i in range(len(block)):
            value = np.float64(block[i])
            total += value * value
        sums[hop + _HOPS // 2] = total
    return sums


@njit_reordered
def _crossings(samples):
    n_frames = 1 + len(samples) // HOP
    counts = np.zeros(n_frames + _HOPS - 1, np.int64)
    for hop in range(n_frames):
        first = max(hop * HOP, 1)
        here, before = samples[first : (hop + 1) * HOP], samples[first - 1 :]
        count = np.int32(0)
        for i in range(len(here)):
            # Without the cast numba counts in 64 bits, half as many at a time.
            count = np.int32(count + (_negative(here[i]) != _negative(before[i])))
        counts[hop + _HOPS // 2] = count
    return counts
