"""Production of a stem: overdrive, brightness, level and limiter.

Conventions: audio is (n_samples, n_channels) float32, digital silence is preserved.
"""

import numpy as np
from scipy.signal import lfilter

from ...audio.levels import db_to_amplitude, db_to_power_ratio

_FRAME_SECONDS = 0.05
_SOUNDING_DB = -50
_SHELF_HZ = 1000
_KNEE = 0.7


def level_to(audio, dbfs, sr):
    """Scale audio so that the RMS of its sounding frames is ``dbfs``.

    Parameters
    ----------
    audio : ndarray of shape (n_samples, n_channels)
    dbfs : float
    sr : int

    Returns
    -------
    ndarray of shape (n_samples, n_channels), float32
        Digital silence is returned unchanged.
    """
    rms = sounding_rms(audio, sr)
    return audio if rms == 0 else audio * np.float32(db_to_amplitude(dbfs) / rms)


def sounding_rms(audio, sr):
    """Return the RMS of the frames of 50 ms within 50 dB of the loudest; 0 for silence."""
    frame = min(round(_FRAME_SECONDS * sr), len(audio))
    frames = audio[: len(audio) // frame * frame].reshape(-1, frame * audio.shape[1])
    powers = np.einsum("ij,ij->i", frames, frames) / frames.shape[1]
    sounding = powers > powers.max() * db_to_power_ratio(_SOUNDING_DB)
    return float(np.sqrt(powers[sounding].mean())) if sounding.any() else 0.0


def overdrive(audio, amount, sr):
    """Saturate with a hyperbolic tangent, like a valve amplifier.

    Parameters
    ----------
    audio : ndarray of shape (n_samples, n_channels)
    amount : float
        0 leaves the audio unchanged, 1 amplifies its RMS to four times full scale.
    sr : int

    Returns
    -------
    ndarray of shape (n_samples, n_channels), float32
    """
    rms = sounding_rms(audio, sr)
    if amount == 0 or rms == 0:
        return audio
    return np.tanh(audio * np.float32(4 * amount / rms))


def brighten(audio, db, sr):
    """Change the level above 1 kHz by ``db`` with a first-order shelf.

    Parameters
    ----------
    audio : ndarray of shape (n_samples, n_channels)
    db : float
    sr : int

    Returns
    -------
    ndarray of shape (n_samples, n_channels), float32
    """
    pole = np.exp(-2 * np.pi * _SHELF_HZ / sr)
    gain = db_to_amplitude(db)
    # The two bands of the shelf, low + gain * (audio - low), as one filter.
    zeros = np.array([gain + (1 - gain) * (1 - pole), -gain * pole], dtype=audio.dtype)
    return lfilter(zeros, np.array([1, -pole], dtype=audio.dtype), audio, axis=0)


def limit(audio):
    """Compress peaks above 0.7 so that none exceeds full scale."""
    loud = np.abs(audio) > _KNEE
    limited = audio.astype(np.float32)
    over = (np.abs(audio[loud]) - _KNEE) / (1 - _KNEE)
    limited[loud] = np.copysign(_KNEE + (1 - _KNEE) * np.tanh(over), audio[loud])
    return limited
