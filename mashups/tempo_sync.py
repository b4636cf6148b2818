"""Tempo estimation, and the playback rates that bring stems to one tempo.

A rate is the number of samples of the stem for each sample of the mashup: 2 is twice as fast.
"""

from typing import NamedTuple

import numpy as np

from ..features import ClipDescriptors
from ..features.descriptors.rhythm import onset_strength, tempo
from ..utils.threads import one_blas_thread

# Tempo modes that keep the pitch; the others move it with the speed.
PITCH_KEEPING_MODES = ("stretch", "wsola")


def sample_playback_rates(stems, sources, settings, rng):
    """Sample the anchor and compute the playback rate of each stem.

    Parameters
    ----------
    stems : sequence of str
        The names of the stems.
    sources : sequence of AudioSource
        In the same order; their tempi and confidences are used.
    settings : Settings
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_stems,), float64
        1 for stems without a tempo, or with a tempo of too little confidence.
    """
    rates = np.ones(len(stems))
    tempi = np.array([source.tempo for source in sources])
    confidences = np.array([source.confidence for source in sources])
    has_tempo = np.flatnonzero(np.isfinite(tempi) & (confidences >= settings.tempo_confidence))
    if settings.tempo == "none" or not len(has_tempo):
        return rates
    names = [stems[i] for i in has_tempo]
    synced = _anchor_tempo(names, tempi[has_tempo], settings.anchor, rng) / tempi[has_tempo]
    if settings.octave_safe:
        synced = fold_octaves(synced)
    if settings.rate_range is not None:
        synced = np.clip(synced, *settings.rate_range)
    rates[has_tempo] = synced
    return rates


def fold_octaves(rates):
    """Multiply rates by the powers of 2 that bring them nearest to 1.

    Parameters
    ----------
    rates : array-like of float
        Above 0.

    Returns
    -------
    ndarray of float64
        Between 1/√2 and √2.

    Examples
    --------
    >>> from stemstack.mashups.tempo_sync import fold_octaves
    >>> fold_octaves([0.5, 1.0, 1.6, 4.4])
    array([1. , 1. , 0.8, 1.1])
    """
    rates = np.asarray(rates, dtype=np.float64)
    return rates * 2.0 ** -np.round(np.log2(rates))


def _anchor_tempo(stems, tempi, anchor, rng):
    statistics = {"median": np.median, "slowest": np.min, "fastest": np.max}
    if anchor in statistics:
        return statistics[anchor](tempi)
    if anchor in stems:
        return tempi[stems.index(anchor)]
    return rng.choice(tempi)


# RMS (-80 dBFS) below which a clip counts as silent; quiet classical stems are louder.
SILENCE_RMS = 1e-4


class Tempo(NamedTuple):
    """Estimated tempo.

    Attributes
    ----------
    bpm : float
        Beats per minute; NaN for a stem that is silent or has no onset.
    confidence : float
        Pulse clarity, from 0 to 1. About 0 for noise, and 0 without a tempo.
    """

    bpm: float
    confidence: float


_NO_TEMPO = Tempo(float("nan"), 0.0)


@one_blas_thread()
def estimate_tempo(stem, sr):
    """Estimate the tempo of a stem.

    Parameters
    ----------
    stem : ndarray of shape (n_samples,)
    sr : int
        Sample rate in Hz.

    Returns
    -------
    Tempo

    Notes
    -----
    The tempo is that of ``librosa.feature.tempo``, with its defaults. The confidence is the
    autocorrelation coefficient of the onset envelope at a lag of one beat: the largest of those at
    the rounded lag and at its two neighbours.

    References
    ----------
    O. Lartillot et al., "Multi-feature modeling of pulse clarity", ISMIR 2008.
    """
    if np.sqrt(np.mean(np.square(stem, dtype=np.float64))) < SILENCE_RMS:
        return _NO_TEMPO
    clip = ClipDescriptors(stem, sr)
    onsets = clip.compute(onset_strength)[0]
    if not onsets.any():
        return _NO_TEMPO
    bpm = float(clip.compute(tempo)[0])
    return Tempo(bpm, _pulse_clarity(onsets, 60 * clip.frame_rate / bpm))


def _pulse_clarity(onsets, beat):
    """Autocorrelation of an onset envelope at about ``beat`` frames, clipped to [0, 1]."""
    centred = onsets.astype(np.float64) - onsets.mean()
    power = np.dot(centred, centred)
    if power == 0:
        return 0.0
    lags = [lag for lag in (round(beat) + step for step in (-1, 0, 1)) if 0 < lag < len(centred)]
    correlations = [np.dot(centred[:-lag], centred[lag:]) / power for lag in lags]
    return float(np.clip(max(correlations, default=0.0), 0.0, 1.0))
