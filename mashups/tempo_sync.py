"""Which rate each stem of a mashup runs at, so that all share the anchor's tempo.

A rate is how many samples of the stem pass for one of the mashup: 2 is twice as fast.
"""

from typing import NamedTuple

import numpy as np

from ..features.analysis import ClipDescriptors


def sample_playback_rates(stems, sources, settings, rng):
    """Draw the anchor, and work out every stem's rate.

    Parameters
    ----------
    stems : sequence of str
        The stems' names.
    sources : sequence of AudioSource
        With tempo and confidence.
    settings : Settings
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_stems,), float64
        1 for stems whose tempo is unknown or too uncertain.
    """
    rates = np.ones(len(stems))
    tempi = np.array([source.tempo for source in sources])
    sure = np.array([source.confidence for source in sources]) >= settings.tempo_confidence
    beating = np.flatnonzero(np.isfinite(tempi) & sure)
    if settings.tempo == "none" or not len(beating):
        return rates
    names = [stems[i] for i in beating]
    synced = _anchor_tempo(names, tempi[beating], settings.anchor, rng) / tempi[beating]
    if settings.octave_safe:
        synced = fold_octaves(synced)
    if settings.rate_range is not None:
        synced = np.clip(synced, *settings.rate_range)
    rates[beating] = synced
    return rates


def fold_octaves(rates):
    """Bring rates as near to 1 as doubling and halving can.

    Parameters
    ----------
    rates : array-like of float, above 0

    Returns
    -------
    ndarray of float64
        Between 1/√2 and √2.

    Examples
    --------
    >>> fold_octaves([0.5, 1.0, 1.6, 4.4])
    array([1. , 1. , 0.8, 1.1])
    """
    rates = np.asarray(rates, dtype=np.float64)
    return rates * 2.0 ** -np.round(np.log2(rates))


def _anchor_tempo(stems, tempi, anchor, rng):
    rules = {"median": np.median, "slowest": np.min, "fastest": np.max}
    if anchor in rules:
        return rules[anchor](tempi)
    if anchor in stems:
        return tempi[stems.index(anchor)]
    return rng.choice(tempi)


# Below this RMS (−80 dBFS) a stem has no beat worth following; quiet classical stems stay above.
SILENCE_RMS = 1e-4


class Tempo(NamedTuple):
    """An estimated tempo.

    Attributes
    ----------
    bpm : float
        Beats per minute; NaN for a stem that is silent or has no onset.
    confidence : float
        From 0 to 1: how alike the onsets are one beat later. About 0 for noise, and 0 without a
        tempo.
    """

    bpm: float
    confidence: float


_NO_TEMPO = Tempo(float("nan"), 0.0)


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
    The confidence is the correlation coefficient of the onset envelope with itself one beat later,
    the best of the beat's length in frames and its two neighbours: a pulse clarity.

    References
    ----------
    ``librosa.feature.tempo`` on ``librosa.onset.onset_strength``, defaults, which the features' own
    analysis equals. O. Lartillot et al., "Multi-feature modeling of pulse clarity", ISMIR 2008.
    """
    if np.sqrt(np.mean(np.square(stem, dtype=np.float64))) < SILENCE_RMS:
        return _NO_TEMPO
    analysis = ClipDescriptors(stem, sr)
    onsets = analysis.onset_strength[0]
    if not onsets.any():
        return _NO_TEMPO
    bpm = float(analysis.tempo[0])
    return Tempo(bpm, _pulse_clarity(onsets, 60 * analysis.frame_rate / bpm))


def _pulse_clarity(onsets, beat):
    """How alike an onset envelope is to itself one beat (in frames) later, from 0 to 1."""
    centred = onsets.astype(np.float64) - onsets.mean()
    power = np.dot(centred, centred)
    if power == 0:
        return 0.0
    lags = [lag for lag in (round(beat) + step for step in (-1, 0, 1)) if 0 < lag < len(centred)]
    alike = [np.dot(centred[:-lag], centred[lag:]) / power for lag in lags]
    return float(np.clip(max(alike, default=0.0), 0.0, 1.0))
