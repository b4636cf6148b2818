"""Duration, level, tuning and decay of clips, which the features of the frames do not hold."""

from functools import partial

import numpy as np
import pandas as pd
import scipy.ndimage
import scipy.signal

from ...audio import DEFAULT_SR, load_clip
from ...audio.levels import INT16_PEAK, amplitude_to_db
from ...features import ClipDescriptors
from ...features.descriptors.chroma import estimate_tuning
from ...utils.parallel import parallel_map

CLIP_STATS = ("duration", "peak_dbfs", "rms_dbfs", "full_scale_share")
DETUNING = "detuning"
DECAY_RATE = "decay_rate"
# Longer clips are judged by their beginning.
_TUNING_SECONDS = 10.0
# Level in dBFS of digital silence, about that of the smallest step of 20-bit samples.
_SILENCE_DBFS = -120.0
# Of decays: edges of octaves in Hz; frames, hops and the span that levels are averaged over, in s.
# Higher ones fall faster the more noise there is, as of rain or keys.
_OCTAVE_EDGES = (125.0, 250.0, 500.0, 1000.0)
_FRAME_SECONDS, _HOP_SECONDS, _SMOOTHED_SECONDS = 0.023, 0.006, 0.04
# Falls are followed for so many dB, and down to so many above the quantile that is the floor.
_FALL_DB, _ABOVE_FLOOR_DB, _FLOOR_QUANTILE = 20.0, 3.0, 0.1
# Levels that are fainter than the loudest by more are inaudible beside it, such as leakage.
_RANGE_DB = 40.0
# The deepest falls count, and among them the fast ones, which a reverberation slows down.
_FALLS_PER_SECOND, _FAST_QUANTILE = 2, 0.9


def compute_clip_stats(
    clips, *, sr=DEFAULT_SR, tuning=False, decay=False, n_jobs=None, advance=None
):
    """Compute duration and level of clips, and their tuning and decay.

    Parameters
    ----------
    clips : sequence of clips
        Paths, waveforms or mashups.
    sr : int, default=22050
        Sample rate in Hz.
    tuning : bool, default=False
        Whether to estimate the tuning, of the first ten seconds.
    decay : bool, default=False
        Whether to compute the decay rate.
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
        further column, ``detuning``: by how many cents the pitches are off the tempered scale at
        A 440 Hz, from 0 to 50. Speed changes and pitch shifts detune a clip. With ``decay`` a
        column ``decay_rate`` in dB/s: how fast levels fall after their peaks.

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
    more = {DETUNING: _detuning} if tuning else {}
    more |= {DECAY_RATE: decay_rate} if decay else {}
    compute = partial(_load_and_compute, sr=sr, more=tuple(more.values()))
    rows = list(parallel_map(compute, clips, n_jobs=n_jobs, advance=advance))
    return pd.DataFrame(rows, columns=[*CLIP_STATS, *more])


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


def _load_and_compute(clip, sr, more):
    samples = load_clip(clip, sr)
    return (*waveform_stats(samples, sr), *(compute(samples, sr) for compute in more))


def _detuning(samples, sr):
    beginning = samples[: round(_TUNING_SECONDS * sr)]
    return 100 * abs(estimate_tuning(ClipDescriptors(beginning, sr).magnitude, sr))


def decay_rate(samples, sr):
    """Compute how fast levels fall after their peaks, which reverberation slows down.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    sr : float
        Sample rate in Hz.

    Returns
    -------
    float
        In dB/s; 0 if no level ever falls.

    Notes
    -----
    Of three octaves from 125 Hz to 1 kHz, the levels of frames of 23 ms are averaged over 40 ms. A
    fall ends where the level rises again, 20 dB below its start, 3 dB above the level that is
    exceeded 90 % of the time, or 40 dB below the loudest octave and frame. The result is the 90 %
    quantile of the rates of the deepest falls, two per second.

    References
    ----------
    Wen, Habets and Naylor, "Blind estimation of reverberation time based on the distribution of
    signal decay rates", ICASSP 2008.
    """
    levels, frame_rate = _octave_levels(samples, sr)
    lowest = levels.max() - _RANGE_DB
    falls = np.array([fall for level in levels for fall in _falls(level, lowest)])
    if not len(falls):
        return 0.0
    n_falls = max(1, round(_FALLS_PER_SECOND * len(samples) / sr))
    depth, n_frames = falls[np.argsort(-falls[:, 0], kind="stable")[:n_falls]].T
    return float(np.quantile(depth / n_frames, _FAST_QUANTILE) * frame_rate)


def _octave_levels(samples, sr):
    """Return the levels of octaves in dB, of shape (3, n_frames), and the frames per second."""
    size, hop = round(_FRAME_SECONDS * sr), round(_HOP_SECONDS * sr)
    samples = np.pad(samples, (0, max(0, size - len(samples))))
    overlap = {"nperseg": size, "noverlap": size - hop, "detrend": False}
    hertz, _, power = scipy.signal.spectrogram(samples, sr, "hann", **overlap)
    octave = np.digitize(hertz, _OCTAVE_EDGES)
    octaves = [power[octave == i].sum(axis=0) for i in range(1, len(_OCTAVE_EDGES))]
    span = round(_SMOOTHED_SECONDS * sr / hop)
    levels = 10 * np.log10(np.array(octaves, np.float64) + 1e-15)
    return scipy.ndimage.uniform_filter1d(levels, span, axis=1), sr / hop


def _falls(level, lowest):
    """Return the depth in dB and the number of frames of each fall of a level."""
    floor = max(np.quantile(level, _FLOOR_QUANTILE) + _ABOVE_FLOOR_DB, lowest)
    is_falling = (np.diff(level) < 0) & (level[1:] > floor)
    edges = np.flatnonzero(np.diff(np.r_[False, is_falling, False]))
    falls = []
    for start, end in edges.reshape(-1, 2):
        depths = level[start] - level[start : end + 1]
        n_frames = min(len(depths) - 1, np.searchsorted(depths, _FALL_DB))
        falls.append((depths[n_frames], n_frames))
    return falls


def _dbfs(amplitude):
    return max(amplitude_to_db(amplitude), _SILENCE_DBFS) if amplitude > 0 else _SILENCE_DBFS
