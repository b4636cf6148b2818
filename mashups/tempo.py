"""The tempo of one stem, as librosa estimates it, with silence admitted and a confidence."""

from typing import NamedTuple

import numpy as np

from ..features.analysis import Analysis

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
    analysis = Analysis(stem, sr)
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
