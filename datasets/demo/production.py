"""The production of a stem: overdrive, brightness, level and a limiter.

Conventions: audio is (n_samples, n_channels) float32, digital silence stays digital silence.
"""

import numpy as np
from scipy.signal import lfilter

from ...audio.levels import db_to_amplitude, db_to_power_ratio

_FRAME_SECONDS = 0.05
_SOUNDING_DB = -50
_SHELF_HZ = 1000
_KNEE = 0.7


def level_to(audio, dbfs, sr):
    """Scale audio so that its RMS, where it sounds, is ``dbfs``.

    Parameters
    ----------
    audio : ndarray of shape (n_samples, n_channels)
    dbfs : float
    sr : int

    Returns
    -------
    ndarray of shape (n_samples, n_channels), float32
        Digital silence is returned as it is: there is nothing in it to bring up.
    """
    rms = sounding_rms(audio, sr)
    return audio if rms == 0 else audio * np.float32(db_to_amplitude(dbfs) / rms)


def sounding_rms(audio, sr):
    """RMS over the frames of 50 ms that are within 50 dB of the loudest; 0 for silence."""
    frame = min(round(_FRAME_SECONDS * sr), len(audio))
    frames = audio[: len(audio) // frame * frame].reshape(-1, frame * audio.shape[1])
    powers = np.einsum("ij,ij->i", frames, frames) / frames.shape[1]
    sounding = powers > powers.max() * db_to_power_ratio(_SOUNDING_DB)
    return float(np.sqrt(powers[sounding].mean())) if sounding.any() else 0.0


def overdrive(audio, amount, sr):
    """Saturate by a hyperbolic tangent, as a valve amplifier does.

    Parameters
    ----------
    audio : ndarray of shape (n_samples, n_channels)
    amount : float
        0 leaves the audio alone, 1 drives its RMS four times into saturation.
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
    """Raise what lies above 1 kHz by ``db`` with a first-order shelf.

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
    """Bend peaks above 0.7 so that none passes full scale."""
    loud = np.abs(audio) > _KNEE
    limited = audio.astype(np.float32)
    over = (np.abs(audio[loud]) - _KNEE) / (1 - _KNEE)
    limited[loud] = np.copysign(_KNEE + (1 - _KNEE) * np.tanh(over), audio[loud])
    return limited
