"""Onset strength and tempo, by librosa's conventions."""

import numpy as np
import scipy.fft
import scipy.signal

from ..kernels.banded import ordered, reordered
from ..kernels.spectrum import HOP, N_FFT

_WINDOW_SECONDS = 8.0
_PREFERRED_BPM = 120.0
_MAX_BPM = 320.0
# Frames this much fainter than the loudest would drown the others' running sums in rounding.
_FAINT = 1e-6


def onset_strength(log_mel):
    """Compute how much louder the mel bands grow, on average, from frame to frame.

    Parameters
    ----------
    log_mel : ndarray of shape (n_mels, n_frames), float32
        In dB.

    Returns
    -------
    ndarray of shape (n_frames,), float32
        In dB; as ``librosa.onset.onset_strength``, late by half a frame to stand where the onset
        is, so the first three frames are 0.
    """
    n_frames = log_mel.shape[1]
    rises = _mean_rise(log_mel)
    return np.concatenate([np.zeros(1 + N_FFT // (2 * HOP), np.float32), rises])[:n_frames]


def tempo(tempogram, sr):
    """Estimate one tempo for the clip.

    Parameters
    ----------
    tempogram : ndarray of shape (n_lags,), float64
        Of :func:`mean_tempogram`.
    sr : float
        Sample rate in Hz.

    Returns
    -------
    float
        In beats a minute, under 320: the lag where the mean tempogram, weighted by a log-normal
        prior around 120, is greatest, as ``librosa.feature.tempo``. Without onsets, the lag nearest
        to the prior's middle.
    """
    bpm = 60.0 * sr / (HOP * np.arange(1, len(tempogram)))
    prior = -0.5 * (np.log2(bpm) - np.log2(_PREFERRED_BPM)) ** 2
    prior[bpm >= _MAX_BPM] = -np.inf
    return float(bpm[np.argmax(np.log1p(1e6 * tempogram[1:]) + prior)])


def tempogram_window(sr):
    """Tell how many frames librosa's tempo looks at at once: those of 8 s."""
    return int(_WINDOW_SECONDS * sr) // HOP


def mean_tempogram(onsets, window):
    """Average the local autocorrelation of onset strength over all frames.

    Parameters
    ----------
    onsets : ndarray of shape (n_frames,), float32
    window : int
        Frames under the Hann window that slides over them.

    Returns
    -------
    ndarray of shape (window,), float64
        By lag; the mean over time of ``librosa.feature.tempogram``, to rounding.

    Notes
    -----
    Each frame's autocorrelation is divided by its value at lag 0, :math:`r_0(t)`, then averaged.
    Exchanging the sums, lag :math:`l` becomes :math:`\\sum_m e(m) e(m + l) K_l(m)` where
    :math:`K_l(m) = \\sum_t w(m - t) w(m + l - t) / r_0(t)`. With
    :math:`\\theta = 2 \\pi` / window and :math:`z = e^{i \\theta (m - t)}`, the product of two
    Hann windows is a quarter of :math:`1 - \\Re z + \\Re (e^{i \\theta l} (1 - z)^2 / 2)`, so
    :math:`K_l` is made of running sums over :math:`t`: those up to :math:`m` without those up to a
    window before :math:`m + l`. What is left are correlations, done by the Fourier transform. The
    few faint frames, whose :math:`1 / r_0` would swamp the sums, are correlated one by one.
    """
    n_frames = len(onsets)
    half = window // 2
    envelope = np.pad(onsets.astype(np.float64), half, mode="linear_ramp", end_values=0.0)
    hann = scipy.signal.get_window("hann", window)
    energy = np.correlate(envelope**2, hann**2, mode="valid")[:n_frames]
    energy[energy < 0] = 0.0
    loud = energy > _FAINT * energy.max()
    faint = np.flatnonzero(~loud & (energy > 0))
    total = _faint_lags(envelope, hann, faint, energy)
    weights = np.divide(1.0, energy, out=np.zeros(n_frames), where=loud)
    return (total + _loud_lags(envelope, weights, window)) / n_frames


def _loud_lags(envelope, weights, window):
    """Sum of the weighted autocorrelations, by lag, through running sums."""
    angle = 2 * np.pi / window
    turns = np.exp(1j * angle * np.arange(len(envelope)))
    spread = np.pad(weights, (0, len(envelope) - len(weights)))
    flat = np.cumsum(spread)
    once = turns * np.cumsum(spread * turns.conj())
    twice = turns**2 * np.cumsum(spread * turns.conj() ** 2)
    both = flat / 2 - once + twice / 2
    sums = np.stack([flat - once.real, both.real, both.imag])
    # Turned back by the lag, what is too old counts from the later of the two onsets.
    too_old = np.pad(sums * [[1], [1], [-1]], ((0, 0), (window, 0)))[:, : len(envelope)]
    size = scipy.fft.next_fast_len(len(envelope) + window, real=True)
    spectrum = scipy.fft.rfft(envelope, size)
    recent = scipy.fft.rfft(envelope * sums, size).conj() * spectrum
    old = scipy.fft.rfft(envelope * too_old, size) * spectrum.conj()
    plain, cosine, sine = scipy.fft.irfft(recent - old, size)[:, :window]
    lags = angle * np.arange(window)
    return (plain + np.cos(lags) * cosine - np.sin(lags) * sine) / 4


@reordered
def _faint_lags(envelope, hann, frames, energy):
    """Sum of the normalised autocorrelations of single frames, by lag."""
    window = len(hann)
    lags = np.zeros(window)
    for t in frames:
        frame = envelope[t : t + window] * hann
        for lag in range(window):
            total = 0.0
            for n in range(window - lag):
                total += frame[n] * frame[n + lag]
            lags[lag] += total / energy[t]
    return lags


@ordered
def _mean_rise(log_mel):
    n_mels, n_frames = log_mel.shape
    total = np.zeros(n_frames - 1, np.float32)
    for m in range(n_mels):
        row = log_mel[m]
        for f in range(n_frames - 1):
            total[f] += max(row[f + 1] - row[f], np.float32(0))
    return total / np.float32(n_mels)


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
