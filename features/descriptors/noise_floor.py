"""Mel bands freed of what is always there: steady noise, hum, the channel's colour.

Both families start from 32 bands, four of the 128 mel bands averaged into each, and hold under a
change of gain.
"""

import numpy as np
import scipy.signal

from .mel import power_to_db

N_BANDS = 32
_FLOOR_QUANTILE = 0.1
_KEPT = np.float32(0.05)
# The normalisation is meant for samples on the scale of 32-bit integers; librosa's defaults.
_INTEGER_SCALE = np.float32(2.0**31)
_SECONDS, _GAIN, _BIAS, _POWER, _LEAST = 0.4, 0.98, 2.0, 0.5, 1e-6


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
    """Subtract each band's noise floor, the power it exceeds nine tenths of the time.

    Parameters
    ----------
    bands : ndarray of shape (n_bands, n_frames), float32
        Powers.

    Returns
    -------
    ndarray of shape (n_bands, n_frames), float32
        In dB over the clip's mean.

    Notes
    -----
    Spectral subtraction with a spectral floor, :math:`\\max(S - q, 0.05 S)`, where :math:`q` is the
    band's 10 % quantile over time.

    References
    ----------
    Berouti, Schwartz and Makhoul, "Enhancement of speech corrupted by acoustic noise", ICASSP 1979;
    the quantile: Stahl, Fischer and Bippus, ICASSP 2000.
    """
    floor = np.quantile(bands, _FLOOR_QUANTILE, axis=1, keepdims=True).astype(np.float32)
    decibels = power_to_db(np.maximum(bands - floor, _KEPT * bands))
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
        Samples from frame to frame.

    Returns
    -------
    ndarray of shape (n_bands, n_frames), float64
        As ``librosa.pcen`` with its defaults, smoothing from the first frame's powers on.

    References
    ----------
    Wang et al., "Trainable frontend for robust and far-field keyword spotting", ICASSP 2017.
    """
    scaled = bands * _INTEGER_SCALE
    frames = _SECONDS * sr / hop
    share = (np.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2)
    # librosa's default is as if the powers had been 1 before: a jump no clip contains.
    settled = (1 - share) * scaled[:, :1]
    smooth, _ = scipy.signal.lfilter([share], [1, share - 1], scaled, zi=settled)
    gains = np.exp(-_GAIN * (np.log(_LEAST) + np.log1p(smooth / _LEAST)))
    return _BIAS**_POWER * np.expm1(_POWER * np.log1p(scaled * gains / _BIAS))
