"""Level of a clip, and normalisation to a level.

Conventions: full scale is 1, and 0 dBFS is an RMS of 1. Clips whose level is below :data:`SILENCE`
are silent and are not normalised.
"""

import math

import numpy as np

from ...audio.levels import db_to_amplitude
from ...audio.loudness import integrated_loudness
from ..tempo_sync import SILENCE_RMS as SILENCE
from .kernels import mean_square


def rms(clip):
    """Compute the root mean square of a float32 clip; 0 for an empty clip."""
    return math.sqrt(mean_square(clip)) if len(clip) else 0.0


def normalise(clip, how, level, sr):
    """Normalise a clip to a level.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
        Modified in place.
    how : {"peak", "rms", "lufs", "none"}
    level : float
        Largest absolute sample for ``"peak"``, dBFS for ``"rms"``, LUFS for ``"lufs"``.
    sr : int
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        ``clip``; unchanged if it is silent.
    """
    if how != "none":
        clip *= np.float32(_GAINS[how](clip, level, sr))
    return clip


def _gain_to_peak(clip, peak, sr):
    loudest = max(clip.max(), -clip.min())
    return np.float32(peak) / loudest if loudest >= SILENCE else 1


def _gain_to_rms(clip, level, sr):
    current = rms(clip)
    return db_to_amplitude(level) / current if current >= SILENCE else 1


def _gain_to_loudness(clip, level, sr):
    current = integrated_loudness(clip.astype(np.float64), sr)
    return db_to_amplitude(level - current) if math.isfinite(current) else 1


_GAINS = {"peak": _gain_to_peak, "rms": _gain_to_rms, "lufs": _gain_to_loudness}
