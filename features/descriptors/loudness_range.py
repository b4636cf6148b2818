"""Dynamics of the clip as a whole: loudness range, and how far peaks rise above the loudness.

Loudness is K-weighted (ITU-R BS.1770), from the shared spectrum rather than from filtered samples.
"""

from functools import lru_cache

import numpy as np
import scipy.signal
from pyloudnorm import IIRfilter

from ...audio.levels import amplitude_to_db, db_to_power_ratio, power_ratio_to_db
from ..kernels.spectrum import HOP, N_FFT

_OFFSET = -0.691
_ABSOLUTE_GATE = -70.0
_RANGE_GATE = -20.0
_SHORT_TERM = 3.0
_RANGE_PERCENTILES = (10, 95)


def dynamics(power, samples, sr):
    """Measure loudness range and peak-to-loudness ratio.

    Parameters
    ----------
    power : ndarray of shape (1025, n_frames), float32
        Powers of a Hann-windowed spectrum.
    samples : ndarray of shape (n_samples,), float32
    sr : float
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (2,), float64
        Loudness range in LU: between the 10 % and 95 % percentiles of the loudness of 3 s windows
        over -70 LUFS and within 20 LU of their mean; peak-to-loudness ratio in LU: the largest
        sample over the loudness of the whole clip, ungated. Both 0 when no window is over the gate.

    References
    ----------
    EBU Tech 3342 (loudness range) and ITU-R BS.1770-4, held against pyloudnorm.
    """
    energy = k_weights(sr) @ power
    width = min(max(round(_SHORT_TERM * sr / HOP), 1), len(energy))
    running = np.concatenate([[0.0], np.cumsum(energy, dtype=np.float64)])
    short_term = _loudness((running[width:] - running[:-width]) / width)
    audible = short_term[short_term >= _ABSOLUTE_GATE]
    if not len(audible):
        return np.zeros(2)
    mean = power_ratio_to_db(np.mean(db_to_power_ratio(audible)))
    low, high = np.percentile(audible[audible >= mean + _RANGE_GATE], _RANGE_PERCENTILES)
    peak = amplitude_to_db(np.abs(samples).max())
    return np.array([high - low, peak - _loudness(energy.mean(dtype=np.float64))])


@lru_cache(maxsize=8)
def k_weights(sr):
    """Weigh the bins of a Hann-windowed power spectrum into K-weighted mean squares.

    Parameters
    ----------
    sr : float
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (1025,), float32
        ``k_weights(sr) @ power`` is the mean square of a frame after the weighting's two filters.
    """
    shelf = IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, sr, "high_shelf")
    high_pass = IIRfilter(0.0, 0.5, 38.0, sr, "high_pass")
    gains = np.ones(N_FFT // 2 + 1)
    for stage in (shelf, high_pass):
        _, response = scipy.signal.freqz(stage.b, stage.a, worN=len(gains), include_nyquist=True)
        gains *= np.abs(response) ** 2
    # Parseval: both halves of the spectrum, the mean square of the window taken out.
    gains[1:-1] *= 2
    window = scipy.signal.get_window("hann", N_FFT)
    return (gains / (N_FFT * np.sum(window**2))).astype(np.float32)


def _loudness(mean_square):
    return _OFFSET + power_ratio_to_db(np.maximum(mean_square, 1e-12))
