"""Levels of a clip, and bringing it to one.

Conventions: full scale is 1, and 0 dBFS is an RMS of 1. What lies below :data:`SILENCE` by the
measure in question is silence: it has no level worth raising, and is left alone.
"""

import math

import numpy as np

from ...audio.levels import db_to_amplitude
from ...audio.loudness import integrated_loudness
from ..tempo_sync import SILENCE_RMS as SILENCE
from .kernels import mean_square


def rms(clip):
    """Root mean square of a float32 clip, as float; 0 for an empty one."""
    return math.sqrt(mean_square(clip)) if len(clip) else 0.0


def normalise(clip, how, level, sr):
    """Bring a clip to a level.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
        Changed in place.
    how : {"peak", "rms", "lufs", "none"}
    level : float
        Largest absolute sample for ``"peak"``, dBFS for ``"rms"``, LUFS for ``"lufs"``.
    sr : int
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        ``clip``. Silence stays as it is.
    """
    clip *= np.float32(_GAINS[how](clip, level, sr))
    return clip


def _gain_to_peak(clip, peak, sr):
    loudest = max(clip.max(), -clip.min())
    return np.float32(peak) / loudest if loudest >= SILENCE else 1


def _gain_to_rms(clip, level, sr):
    found = rms(clip)
    return db_to_amplitude(level) / found if found >= SILENCE else 1


def _gain_to_loudness(clip, level, sr):
    found = integrated_loudness(clip.astype(np.float64), sr)
    return db_to_amplitude(level - found) if math.isfinite(found) else 1


def _gain_of_none(clip, level, sr):
    return 1


_GAINS = {
    "peak": _gain_to_peak,
    "rms": _gain_to_rms,
    "lufs": _gain_to_loudness,
    "none": _gain_of_none,
}
