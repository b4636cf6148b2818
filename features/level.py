"""What needs no spectrum: the zero-crossing rate and the RMS level.

Both are sums over frames of four hops, so each hop is summed once.
"""

import numpy as np

from .kernels import reordered
from .spectrum import HOP, N_FFT, count_frames

_HOPS = N_FFT // HOP
_ZERO = np.float32(1e-10)


def rms(samples):
    """Compute the root mean square of each frame.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        As ``librosa.feature.rms``: frames beyond the clip's ends hold zeros.
    """
    return np.sqrt(_sum_hops(_square_sums(samples)) / N_FFT)


def zero_crossing_rate(samples):
    """Compute the share of neighbouring samples that differ in sign.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        As ``librosa.feature.zero_crossing_rate``: beyond its ends the clip goes on constant, and
        values within 1e-10 of zero count as positive.
    """
    crossings, at_start = _crossings(samples)
    # A frame does not see the step onto its own first sample.
    return (_sum_hops(crossings) - at_start[: count_frames(len(samples))]) / N_FFT


def _sum_hops(sums):
    """From sums of hops, two of padding first, to sums of frames."""
    running = np.concatenate([[0], np.cumsum(sums)])
    return running[_HOPS:] - running[:-_HOPS]


@reordered
def _square_sums(samples):
    n_frames = 1 + len(samples) // HOP
    sums = np.zeros(n_frames + _HOPS - 1)
    for hop in range(n_frames):
        total = 0.0
        for i in range(hop * HOP, min((hop + 1) * HOP, len(samples))):
            total += np.float64(samples[i]) * np.float64(samples[i])
        sums[hop + _HOPS // 2] = total
    return sums


@reordered
def _crossings(samples):
    n_frames = 1 + len(samples) // HOP
    counts = np.zeros(n_frames + _HOPS - 1, np.int64)
    at_start = np.zeros(n_frames + _HOPS, np.int64)
    for hop in range(n_frames):
        start = hop * HOP
        count = 0
        for i in range(max(start, 1), min(start + HOP, len(samples))):
            count += (samples[i] < -_ZERO) != (samples[i - 1] < -_ZERO)
        counts[hop + _HOPS // 2] = count
        if 0 < start < len(samples):
            crossed = (samples[start] < -_ZERO) != (samples[start - 1] < -_ZERO)
            at_start[hop + _HOPS // 2] = crossed
    return counts, at_start
