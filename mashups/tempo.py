"""The tempo of one stem, by librosa, with silence admitted."""

import librosa
import numpy as np

# Below this RMS (−80 dBFS) a stem has no beat worth following; quiet classical stems stay above.
SILENCE_RMS = 1e-4


def estimate_tempo(stem, sr):
    """Estimate the tempo of a stem.

    Parameters
    ----------
    stem : ndarray of shape (n_samples,)
    sr : int
        Sample rate in Hz.

    Returns
    -------
    float
        Beats per minute; NaN for a stem that is silent or has no onset.

    References
    ----------
    ``librosa.feature.tempo`` on ``librosa.onset.onset_strength``, defaults.
    """
    if np.sqrt(np.mean(np.square(stem, dtype=np.float64))) < SILENCE_RMS:
        return float("nan")
    onsets = librosa.onset.onset_strength(y=stem, sr=sr)
    if not onsets.any():
        return float("nan")
    return float(librosa.feature.tempo(onset_envelope=onsets, sr=sr)[0])
