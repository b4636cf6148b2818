"""Descriptors beyond librosa's that hold under gain, noise and loudness of single bins.

They describe how energy is shared and how it moves, not how much of it there is: scaling a clip
changes none of them (up to the floor of the decibels).
"""

import numpy as np

from .kernels import ordered

_TINY = np.finfo(np.float32).tiny


def level_free(log_mel):
    """Take its mean level out of every frame.

    Parameters
    ----------
    log_mel : ndarray of shape (n_mels, n_frames), float32
        In dB.

    Returns
    -------
    ndarray of shape (n_mels, n_frames), float32
        In dB over the frame's mean: a gain, also one that changes over time, cancels.
    """
    return log_mel - log_mel.mean(axis=0, dtype=np.float64).astype(np.float32)


def spectral_entropy(magnitude):
    """Compute how evenly the power of a frame is spread over its bins.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        The entropy of the powers taken as probabilities, over that of equal ones: 0 for a tone, 1
        for a flat spectrum, 0 in silence.

    References
    ----------
    Misra et al., "Spectral entropy based feature for robust ASR", ICASSP 2004.
    """
    power = magnitude * magnitude
    # One fast float32 logarithm for the whole array; what has no power adds nothing.
    total, weighted = _power_sums(power, np.log(np.maximum(power, _TINY)))
    safe = np.where(total > 0, total, 1.0)
    entropy = np.log(safe) - weighted / safe
    return np.where(total > 0, np.maximum(entropy, 0.0) / np.log(len(magnitude)), 0.0)


def spectral_flux(magnitude):
    """Compute how much the shape of the spectrum grows from one frame to the next.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32

    Returns
    -------
    ndarray of shape (n_frames,), float64
        Sum of the rises, each frame scaled to sum 1: from 0 (the same shape) to 1 (no bin in
        common); 0 in the first frame.

    References
    ----------
    Dixon, "Onset detection revisited", DAFx 2006 (half-wave rectified, L1).
    """
    total = magnitude.sum(axis=0, dtype=np.float64)
    scale = (1 / np.where(total > 0, total, 1.0)).astype(np.float32)
    return _rises(magnitude, scale)


@ordered
def _power_sums(power, logarithms):
    """Sums over bins of the powers and of the powers times their logarithms."""
    n_bins, n_frames = power.shape
    total, weighted = np.zeros(n_frames), np.zeros(n_frames)
    for k in range(n_bins):
        row, logs = power[k], logarithms[k]
        for f in range(n_frames):
            total[f] += row[f]
            weighted[f] += np.float64(row[f]) * logs[f]
    return total, weighted


@ordered
def _rises(magnitude, scale):
    n_bins, n_frames = magnitude.shape
    rises = np.zeros(n_frames)
    for k in range(n_bins):
        row = magnitude[k]
        for f in range(n_frames - 1):
            rises[f + 1] += max(row[f + 1] * scale[f + 1] - row[f] * scale[f], np.float32(0))
    return rises
