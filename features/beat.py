"""The beat: which periods the onsets repeat at, and how these relate to the tempo.

Both families read the mean tempogram, the autocorrelation of the onset strength (1 at lag 0).
"""

import numpy as np

# Six to the octave, from 40 to 320 beats a minute.
HISTOGRAM_BPM = 40.0 * 2.0 ** (np.arange(19) / 6)
# Periods, in beats: subdivisions by two and three, the beat, groups of beats.
PERIODS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 1.0, 3 / 2, 2.0, 3.0, 4.0)


def beat_histogram(tempogram, frame_rate):
    """Read how strongly onsets repeat at nineteen tempi.

    Parameters
    ----------
    tempogram : ndarray of shape (n_lags,), float64
        The mean local autocorrelation of onset strength, by lag in frames.
    frame_rate : float
        Frames per second.

    Returns
    -------
    ndarray of shape (19,), float64
        For 40 to 320 beats a minute, six to the octave, up to 1.

    References
    ----------
    Tzanetakis and Cook, "Musical genre classification of audio signals", IEEE TSAP 2002.
    """
    return _at_lags(tempogram, 60.0 * frame_rate / HISTOGRAM_BPM)


def beat_ratios(tempogram, frame_rate, bpm):
    """Read how strongly onsets repeat at simple multiples and fractions of the beat.

    Parameters
    ----------
    tempogram : ndarray of shape (n_lags,), float64
    frame_rate : float
        Frames per second.
    bpm : float
        The tempo.

    Returns
    -------
    ndarray of shape (9,), float64
        For periods of 1/4, 1/3, 1/2, 2/3, 1, 3/2, 2, 3 and 4 beats: what stays when the whole clip
        is played faster or slower. 0 for periods beyond the tempogram's 8 s.

    References
    ----------
    Peeters, "Rhythm classification using spectral rhythm patterns", ISMIR 2005 (autocorrelation at
    the tempo's harmonics).
    """
    return _at_lags(tempogram, 60.0 * frame_rate / bpm * np.array(PERIODS))


def _at_lags(tempogram, lags):
    """Interpolate between lags; those beyond the last count as 0."""
    return np.interp(lags, np.arange(len(tempogram)), tempogram, right=0.0)
