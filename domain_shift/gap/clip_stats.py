"""Duration, level and tuning of whole clips, which the features of the frames do not hold."""

from functools import partial

import numpy as np
import pandas as pd

from ...audio import DEFAULT_SR, load_clip
from ...audio.levels import INT16_PEAK, amplitude_to_db
from ...features import ClipDescriptors
from ...features.descriptors.chroma import estimate_tuning
from ...utils.parallel import parallel_map

CLIP_STATS = ("duration", "peak_dbfs", "rms_dbfs", "full_scale_share")
DETUNING = "detuning"
# Longer clips are judged by their beginning.
_TUNING_SECONDS = 10.0
# Level in dBFS of digital silence, about that of the smallest step of 20-bit samples.
_SILENCE_DBFS = -120.0


def compute_clip_stats(clips, *, sr=DEFAULT_SR, tuning=False, n_jobs=None, advance=None):
    """Compute duration and level of clips, and their tuning.

    Parameters
    ----------
    clips : sequence of clips
        Paths, waveforms or mashups.
    sr : int, default=22050
        Sample rate in Hz.
    tuning : bool, default=False
        Whether to estimate the tuning, of the first ten seconds.
    n_jobs : int or None, default=None
        Number of worker processes; None means 1. The result is the same for any number.
    advance : callable, optional
        Called with the number of clips done since its last call.

    Returns
    -------
    DataFrame of shape (n_clips, 4), float64
        ``duration`` in s; ``peak_dbfs`` and ``rms_dbfs`` in dB of full scale, the peak rounded to
        hundredths, so that one 16-bit step at full scale makes no difference;
        ``full_scale_share``, the share of samples at full scale, from 0 to 1. One such sample is
        not counted, because every clip that is normalised to its peak has one. With ``tuning`` a
        fifth column, ``detuning``: by how many cents the pitches are off the tempered scale at
        A 440 Hz, from 0 to 50. Speed changes and pitch shifts detune a clip.

    Raises
    ------
    AudioError
        If a clip cannot be read.

    See Also
    --------
    measure_gap : Uses these statistics and features to compare clips.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.domain_shift.gap import compute_clip_stats
    >>> compute_clip_stats([np.full(44100, 0.5, np.float32)]).round(2).values.tolist()
    [[2.0, -6.02, -6.02, 0.0]]
    """
    compute = partial(_load_and_compute, sr=sr, tuning=tuning)
    rows = list(parallel_map(compute, clips, n_jobs=n_jobs, advance=advance))
    return pd.DataFrame(rows, columns=[*CLIP_STATS, *[DETUNING] * tuning])


def waveform_stats(samples, sr):
    """Compute duration and level of one waveform.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    sr : float
        Sample rate in Hz.

    Returns
    -------
    tuple of 4 float
        In the order of :data:`CLIP_STATS`.
    """
    magnitude = np.abs(samples)
    power = np.mean(np.square(samples, dtype=np.float64))
    return (
        len(samples) / sr,
        round(_dbfs(float(magnitude.max())), 2),
        _dbfs(float(np.sqrt(power))),
        max(np.count_nonzero(magnitude >= INT16_PEAK) - 1, 0) / len(samples),
    )


def _load_and_compute(clip, sr, tuning):
    samples = load_clip(clip, sr)
    stats = waveform_stats(samples, sr)
    return (*stats, _detuning(samples, sr)) if tuning else stats


def _detuning(samples, sr):
    beginning = samples[: round(_TUNING_SECONDS * sr)]
    return 100 * abs(estimate_tuning(ClipDescriptors(beginning, sr).power, sr))


def _dbfs(amplitude):
    return max(amplitude_to_db(amplitude), _SILENCE_DBFS) if amplitude > 0 else _SILENCE_DBFS
