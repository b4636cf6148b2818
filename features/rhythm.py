"""Onset strength and tempo, by librosa's conventions."""

import numpy as np
import scipy.signal

from .kernels import ordered, reordered
from .spectrum import HOP, N_FFT

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
    :math:`K_l(m) = \\sum_n w(n) w(n + l) / r_0(m - n)`. A product of two Hann windows is three
    sinusoids in :math:`n`, so :math:`K_l` is a difference of running sums of :math:`1 / r_0`, also
    times :math:`e^{-i \\theta t}` and :math:`e^{-2 i \\theta t}`: linear work for each lag. The few
    faint frames, whose :math:`1 / r_0` would swamp these sums, are correlated one by one.
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
    times = np.arange(-window, len(envelope))
    spread = np.zeros(len(times))
    spread[window : window + len(weights)] = weights
    turns = np.exp(-1j * angle * times)
    sums = np.cumsum([spread + 0j, spread * turns, spread * turns**2], axis=1)
    # Entry i of a running sum covers all frames before time i - window.
    sums = np.concatenate([np.zeros((3, 1)), sums], axis=1)
    turned = turns[window:].conj()
    return _lag_sums(envelope, window, angle, sums, turned)


@reordered
def _lag_sums(envelope, window, angle, sums, turned):
    length = len(envelope)
    flat = sums[0].real.copy()
    once_r, once_i = sums[1].real.copy(), sums[1].imag.copy()
    twice_r, twice_i = sums[2].real.copy(), sums[2].imag.copy()
    cos, sin = turned.real.copy(), turned.imag.copy()
    lags = np.zeros(window)
    for lag in range(window):
        first = lag + 1
        c, s = np.cos(angle * lag), np.sin(angle * lag)
        total = 0.0
        for m in range(length - lag):
            stop, start = m + window + 1, m + first
            d0 = flat[stop] - flat[start]
            d1r, d1i = once_r[stop] - once_r[start], once_i[stop] - once_i[start]
            d2r, d2i = twice_r[stop] - twice_r[start], twice_i[stop] - twice_i[start]
            # exp(i angle m) (1 + exp(i angle lag)), and exp(i angle (2 m + lag)).
            ar = cos[m] * (1 + c) - sin[m] * s
            ai = sin[m] * (1 + c) + cos[m] * s
            er, ei = cos[m] * cos[m] - sin[m] * sin[m], 2 * cos[m] * sin[m]
            br, bi = er * c - ei * s, er * s + ei * c
            kernel = (1 + 0.5 * c) * d0 - (ar * d1r - ai * d1i) + 0.5 * (br * d2r - bi * d2i)
            total += envelope[m] * envelope[m + lag] * kernel
        lags[lag] = 0.25 * total
    return lags


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
