"""Facts of whole clips that the summaries of features do not hold: length and level."""

from functools import partial

import numpy as np
import pandas as pd

from ...audio import DEFAULT_SR, load_clip
from ...audio.levels import INT16_PEAK, amplitude_to_db
from ...utils.parallel import parallel_map

FACTS = ("duration", "peak_dbfs", "rms_dbfs", "full_scale_share")
# Digital silence has no level in dB; this is what a 20-bit sample's smallest step would have.
FLOOR_DB = -120.0
# The largest 16-bit sample that both signs can hold.


def clip_stats(clips, *, sr=DEFAULT_SR, n_jobs=None, advance=None):
    """Measure length and level of clips.

    Parameters
    ----------
    clips : sequence of clips
    sr : int, default=22050
        Sample rate in Hz.
    n_jobs : int, optional
        Processes; the result is the same for any number.
    advance : callable, optional
        Called with the number of clips done since its last call.

    Returns
    -------
    DataFrame of shape (n_clips, 4), float64
        ``duration`` in s, ``peak_dbfs`` (to the hundredth: a 16-bit step at full scale is no
        difference) and ``rms_dbfs`` in dB of full scale (a full-scale square has RMS 0),
        ``full_scale_share`` the share of samples at full scale, from 0 to 1; the first
        of them is not counted, for any clip normalised to its peak has one.

    Raises
    ------
    AudioError
        A clip cannot be read.
    """
    measure = partial(_load_and_measure, sr=sr)
    rows = list(parallel_map(measure, clips, n_jobs=n_jobs, advance=advance))
    return pd.DataFrame(rows, columns=list(FACTS))


def measure_clip_stats(samples, sr):
    """Measure length and level of one clip.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    sr : float
        Sample rate in Hz.

    Returns
    -------
    tuple of 4 float
        As the columns of :func:`clip_stats`.
    """
    magnitude = np.abs(samples)
    energy = np.mean(np.square(samples, dtype=np.float64))
    return (
        len(samples) / sr,
        round(_decibels(float(magnitude.max())), 2),
        _decibels(float(np.sqrt(energy))),
        max(np.count_nonzero(magnitude >= INT16_PEAK) - 1, 0) / len(samples),
    )


def _load_and_measure(clip, sr):
    return measure_clip_stats(load_clip(clip, sr), sr)


def _decibels(amplitude):
    return max(amplitude_to_db(amplitude), FLOOR_DB) if amplitude > 0 else FLOOR_DB
