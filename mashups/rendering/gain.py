"""Levels of a clip, and bringing it to one.

Conventions: full scale is 1, and 0 dBFS is an RMS of 1. What lies below :data:`SILENCE` by the
measure in question is silence: it has no level worth raising, and is left alone.
"""

import math
import warnings

import numpy as np

from ..tempo_sync import SILENCE_RMS as SILENCE
from .kernels import mean_square

_BLOCK_SECONDS = 0.4
# The absolute gate of ITU-R BS.1770-4: below it there is no loudness.
_GATE = -70.0


def rms(clip):
    """Root mean square of a float32 clip, as float; 0 for an empty one."""
    return math.sqrt(mean_square(clip)) if len(clip) else 0.0


def loudness(clip, sr):
    """Integrated loudness by ITU-R BS.1770-4.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.

    Returns
    -------
    float
        In LUFS; ``-inf`` for silence and for a single sample. A clip shorter than the standard's
        block of 0.4 s is taken as one block.
    """
    import pyloudnorm

    # A hair shorter than the clip: pyloudnorm refuses a block that rounds to more samples.
    block = min(_BLOCK_SECONDS, math.nextafter(len(clip) / sr, 0))
    meter = pyloudnorm.Meter(sr, block_size=block)
    with warnings.catch_warnings():
        # Averages over no block at all are what silence comes to.
        warnings.simplefilter("ignore", RuntimeWarning)
        level = meter.integrated_loudness(clip.astype(np.float64))
    return level if level >= _GATE else -math.inf


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
    return 10 ** (level / 20) / found if found >= SILENCE else 1


def _gain_to_loudness(clip, level, sr):
    found = loudness(clip, sr)
    return 10 ** ((level - found) / 20) if math.isfinite(found) else 1


def _gain_of_none(clip, level, sr):
    return 1


_GAINS = {
    "peak": _gain_to_peak,
    "rms": _gain_to_rms,
    "lufs": _gain_to_loudness,
    "none": _gain_of_none,
}
