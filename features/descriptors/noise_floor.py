"""Mel bands without stationary components: noise, hum, frequency response of the channel.

Both families start from 32 bands, each the average of four mel bands, and do not depend on gain.
"""

import numpy as np

from ..kernels.common import njit_ordered
from ..kernels.spectrum import HOP
from ..statistics import quantile
from .family import descriptor
from .mel import power_to_db

N_BANDS = 32
_FLOOR_QUANTILE = 0.1
_SPECTRAL_FLOOR = np.float32(0.05)
# PCEN is meant for samples on the scale of 32-bit integers; librosa's defaults.
_INTEGER_SCALE = np.float32(2.0**31)
_SECONDS, _GAIN, _BIAS, _POWER, _EPSILON = 0.4, 0.98, 2.0, 0.5, 1e-6


@descriptor("denoised", rows=N_BANDS, unit="dB", explanation="noise-free spectrum")
def denoised(clip):
    """Band levels less their noise floor, the 10 % quantile over time."""
    return subtract_floor(clip.compute(pooled_mel))


@descriptor("pcen", rows=N_BANDS, explanation="gain-free spectrum")
def pcen(clip):
    """Per-channel energy normalisation of the bands."""
    return normalise_energy(clip.compute(pooled_mel), clip.sr, HOP)


def pooled_mel(clip):
    """Return the 32 bands of a clip that both families share."""
    return pool_bands(clip.mel)


def pool_bands(mel, n_bands=N_BANDS):
    """Average neighbouring mel bands.

    Parameters
    ----------
    mel : ndarray of shape (n_mels, n_frames), float32
    n_bands : int, default=32
        A divisor of ``n_mels``.

    Returns
    -------
    ndarray of shape (n_bands, n_frames), float32
    """
    return mel.reshape(n_bands, -1, mel.shape[1]).mean(axis=1)


def subtract_floor(bands):
    """Subtract the noise floor of each band, the power that it exceeds 90 % of the time.

    Parameters
    ----------
    bands : ndarray of shape (n_bands, n_frames), float32
        Powers.

    Returns
    -------
    ndarray of shape (n_bands, n_frames), float32
        In dB relative to the mean of the clip.

    Notes
    -----
    Spectral subtraction with a spectral floor, :math:`\\max(S - q, 0.05 S)`, where :math:`q` is the
    band's 10 % quantile over time.

    References
    ----------
    Berouti, Schwartz and Makhoul, "Enhancement of speech corrupted by acoustic noise", ICASSP 1979;
    Stahl, Fischer and Bippus, "Quantile based noise estimation for spectral subtraction and Wiener
    filtering", ICASSP 2000.
    """
    floor = quantile(bands, _FLOOR_QUANTILE).astype(np.float32)[:, None]
    decibels = power_to_db(np.maximum(bands - floor, _SPECTRAL_FLOOR * bands))
    return decibels - decibels.mean(dtype=np.float64).astype(np.float32)


def normalise_energy(bands, sr, hop):
    """Apply per-channel energy normalisation: automatic gain control, then compression.

    Parameters
    ----------
    bands : ndarray of shape (n_bands, n_frames), float32
        Powers.
    sr : float
        Sample rate in Hz.
    hop : int
        Samples from one frame to the next.

    Returns
    -------
    ndarray of shape (n_bands, n_frames), float64
        As ``librosa.pcen`` with its defaults, but the smoothing starts in the steady state of the
        first frame.

    References
    ----------
    Wang et al., "Trainable frontend for robust and far-field keyword spotting", ICASSP 2017.
    """
    scaled = bands * _INTEGER_SCALE
    frames = _SECONDS * sr / hop
    share = (np.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2)
    smooth = _smooth(scaled, share)
    gains = np.exp(-_GAIN * (np.log(_EPSILON) + np.log1p(smooth / _EPSILON)))
    return _BIAS**_POWER * np.expm1(_POWER * np.log1p(scaled * gains / _BIAS))


@njit_ordered
def _smooth(bands, share):
    """Smooth bands by a recursive filter of first order, from the steady state of frame 0 on."""
    smooth = np.empty(bands.shape)
    for i in range(len(bands)):
        # librosa's default start assumes earlier powers of 1: a jump that is not in the clip.
        state = np.float64(bands[i, 0])
        for f in range(bands.shape[1]):
            state = share * bands[i, f] + (1 - share) * state
            smooth[i, f] = state
    return smooth
