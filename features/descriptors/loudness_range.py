"""Dynamics of the whole clip: loudness range and peak-to-loudness ratio.

Loudness is K-weighted (ITU-R BS.1770), from the shared spectrum rather than from filtered samples.
"""

from functools import lru_cache

import numpy as np

from ...audio.levels import amplitude_to_db, db_to_power_ratio, power_ratio_to_db
from ..kernels.banded import banded_matmul, banded_matrix
from ..kernels.common import hann_window, read_only
from ..kernels.spectrum import HOP, N_FFT
from .family import descriptor

# Constants of the two standards: LUFS, LUFS, LU, s, %.
_OFFSET = -0.691
_ABSOLUTE_GATE = -70.0
_RANGE_GATE = -20.0
_SHORT_TERM = 3.0
_RANGE_PERCENTILES = (10, 95)
# Centre of the pre-filter and cutoff of the RLB high-pass, in Hz.
_PRE_FILTER_HZ, _RLB_HZ = 1500.0, 38.0


@descriptor(
    "dynamics",
    rows=["loudness_range", "peak_to_loudness"],
    unit="LU",
    explanation="dynamics",
    scalar=True,
)
def dynamics(clip):
    """Loudness range and peak-to-loudness ratio."""
    return compute_dynamics(clip.magnitude, clip.samples, clip.sr)


def compute_dynamics(magnitude, samples, sr):
    """Compute loudness range and peak-to-loudness ratio.

    Parameters
    ----------
    magnitude : ndarray of shape (1025, n_frames), float32
        Magnitude spectrogram under a Hann window.
    samples : ndarray of shape (n_samples,), float32
        In [-1, 1].
    sr : float
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (2,), float64
        Loudness range in LU, from the 10th to the 95th percentile of the loudness of those 3 s
        windows that exceed -70 LUFS and are at most 20 LU below their mean; peak-to-loudness ratio
        in LU, the largest sample over the ungated loudness of the whole clip. Both are 0 when no
        window exceeds the gate.

    References
    ----------
    EBU Tech 3342 (loudness range) and ITU-R BS.1770-4; tests compare with pyloudnorm.
    """
    energy = banded_matmul(_k_matrix(sr), magnitude, squared=True)[0]
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
    """Return the weights of frequency bins in the K-weighted mean square of a frame.

    Parameters
    ----------
    sr : float
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (1025,), float32
        ``k_weights(sr) @ power`` is the mean square of each frame after the two filters of the
        K-weighting, pre-filter and RLB high-pass, for a power spectrogram under a Hann window.
        Up to a rate of 3 kHz, whose half does not exceed its centre, without the pre-filter.

    References
    ----------
    Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients", for the two
    filters, by the parameters of pyloudnorm.
    """
    z = np.exp(1j * np.linspace(0, np.pi, N_FFT // 2 + 1))
    gains = np.ones(len(z))
    for design, frequency in ((_high_shelf, _PRE_FILTER_HZ), (_high_pass, _RLB_HZ)):
        # A filter centred at the Nyquist frequency or beyond has no digital counterpart.
        if 2 * frequency < sr:
            numerator, denominator = design(2 * np.pi * frequency / sr)
            gains *= np.abs(np.polyval(numerator, z) / np.polyval(denominator, z)) ** 2
    # Parseval: both halves of the spectrum, divided by the mean square of the window.
    gains[1:-1] *= 2
    window = hann_window(N_FFT)
    return read_only((gains / (N_FFT * np.sum(window**2))).astype(np.float32))


def _high_shelf(omega):
    """Return numerator and denominator of the pre-filter, a high shelf of 4 dB."""
    gain = 10 ** (4.0 / 40)
    cosine, alpha = np.cos(omega), np.sin(omega) / (2 * np.sqrt(0.5))
    root = 2 * np.sqrt(gain) * alpha
    plus, minus = gain + 1, gain - 1
    numerator = plus + minus * cosine + root, -2 * (minus + plus * cosine)
    denominator = plus - minus * cosine + root, 2 * (minus - plus * cosine)
    return (
        gain * np.array([*numerator, plus + minus * cosine - root]),
        np.array([*denominator, plus - minus * cosine - root]),
    )


def _high_pass(omega):
    """Return numerator and denominator of the RLB high-pass."""
    cosine, alpha = np.cos(omega), np.sin(omega) / (2 * 0.5)
    numerator = (1 + cosine) / 2 * np.array([1.0, -2.0, 1.0])
    return numerator, np.array([1 + alpha, -2 * cosine, 1 - alpha])


@lru_cache(maxsize=8)
def _k_matrix(sr):
    return banded_matrix(k_weights(sr)[None])


def _loudness(mean_square):
    return _OFFSET + power_ratio_to_db(np.maximum(mean_square, 1e-12))
