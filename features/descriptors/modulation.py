"""Rhythm pattern: how fast the level of each frequency band varies.

Modulation frequencies are pooled by octaves, so a moderate change of tempo has little effect.
"""

import numpy as np
import scipy.fft

from ..kernels.common import hann_window
from .family import descriptor, numbered
from .mel import power_to_db
from .noise_floor import pool_bands

N_BANDS = 16
# Lower edges in Hz: slower changes are the form of the piece. The last octave ends at half the
# frame rate.
OCTAVES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_WINDOW = 256
# Energy that float32 levels around 100 dB show by rounding alone, per frame of the window.
_ROUNDING_ENERGY = 1e-6


@descriptor(
    "modulation",
    rows=[f"{band}_{i}" for band in numbered("modulation", N_BANDS) for i in range(len(OCTAVES))],
    explanation="rhythm pattern",
    scalar=True,
)
def modulation(clip):
    """Shares of six octaves of modulation frequency in the level changes of 16 bands."""
    levels = power_to_db(pool_bands(clip.mel, N_BANDS))
    return modulation_spectrum(levels, clip.frame_rate)


def modulation_spectrum(bands, frame_rate):
    """Compute the shares of octaves of modulation frequency in the level changes of each band.

    Parameters
    ----------
    bands : ndarray of shape (n_bands, n_frames), float32
        Levels in dB.
    frame_rate : float
        Frames per second.

    Returns
    -------
    ndarray of shape (n_bands * 6,), float64
        For each band the six octaves from 0.5 Hz on: their share of the modulation energy of the
        band above 0.5 Hz. 0 for a band of constant level.

    Notes
    -----
    Power spectra of the level under half-overlapping Hann windows of 256 frames, each less its
    mean, averaged over the clip. A shorter clip is one window, padded by its mean.

    References
    ----------
    Pampalk, Rauber and Merkl, "Content-based organization and visualization of music archives", ACM
    Multimedia 2002 (fluctuation strength by band and modulation frequency).
    """
    frames = _windows(bands)
    frames = frames - frames.mean(axis=-1, keepdims=True)
    window = hann_window(frames.shape[-1])
    energy = (np.abs(scipy.fft.rfft(frames * window, n=_WINDOW, axis=-1)) ** 2).mean(axis=1)
    rates = np.arange(energy.shape[1]) * frame_rate / _WINDOW
    octave = np.digitize(rates, OCTAVES)
    pooled = np.stack([energy[:, octave == i + 1].sum(axis=1) for i in range(len(OCTAVES))], axis=1)
    total = pooled.sum(axis=1, keepdims=True)
    varying = total > _ROUNDING_ENERGY * frames.shape[-1]
    return np.where(varying, pooled / np.where(varying, total, 1.0), 0.0).ravel()


def _windows(bands):
    """Return windows of shape (n_bands, n_windows, length), float64."""
    bands = bands.astype(np.float64)
    if bands.shape[1] < _WINDOW:
        return bands[:, None]
    views = np.lib.stride_tricks.sliding_window_view(bands, _WINDOW, axis=1)
    return views[:, :: _WINDOW // 2]
