"""Rhythm: onset strength, tempo and beat histogram, by librosa's conventions where it has one."""

import numpy as np
import scipy.fft

from ..kernels.common import hann_window, njit_ordered, njit_reordered
from ..kernels.spectrum import HOP, N_FFT
from .family import descriptor

# Six to the octave, from 40 to 320 beats per minute.
HISTOGRAM_BPM = 40.0 * 2.0 ** (np.arange(19) / 6)
# Periods, in beats: subdivisions by two and three, the beat, groups of beats.
PERIODS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 1.0, 3 / 2, 2.0, 3.0, 4.0)
_WINDOW_SECONDS = 8.0
_PRIOR_BPM = 120.0
_MAX_BPM = 320.0
# Frames whose energy is this share of the largest or less would lose their digits in running sums
# with the others.
_FAINT = 1e-6


@descriptor("onset_strength", unit="dB", explanation="attacks", standard=True)
def onset_strength(clip):
    """Mean increase of the mel levels from frame to frame."""
    return compute_onset_strength(clip.log_mel)


@descriptor("tempo", unit="BPM", explanation="tempo", standard=True, scalar=True)
def tempo(clip):
    """Most likely tempo of the clip."""
    return estimate_tempo(clip.compute(tempogram), clip.sr)


@descriptor("beat_histogram", rows=len(HISTOGRAM_BPM), explanation="pulse", scalar=True)
def beat_histogram(clip):
    """Onset autocorrelation at 19 tempi."""
    return compute_beat_histogram(clip.compute(tempogram), clip.frame_rate)


@descriptor("beat_ratios", rows=len(PERIODS), explanation="subdivision of the beat", scalar=True)
def beat_ratios(clip):
    """Onset autocorrelation at fractions and multiples of the beat."""
    bpm = clip.compute(tempo)[0]
    return compute_beat_ratios(clip.compute(tempogram), clip.frame_rate, bpm)


def tempogram(clip):
    """Return the mean tempogram of a clip that the three scalar families share."""
    return mean_tempogram(clip.compute(onset_strength)[0], tempogram_window(clip.sr))


def compute_onset_strength(log_mel):
    """Compute the mean increase of the mel levels from frame to frame.

    Parameters
    ----------
    log_mel : ndarray of shape (n_mels, n_frames), float32
        In dB.

    Returns
    -------
    ndarray of shape (n_frames,), float32
        In dB. As ``librosa.onset.onset_strength``, delayed by half a frame to be aligned with the
        onset, so the first three frames are 0.
    """
    n_frames = log_mel.shape[1]
    increases = _mean_increase(log_mel)
    return np.concatenate([np.zeros(1 + N_FFT // (2 * HOP), np.float32), increases])[:n_frames]


def estimate_tempo(tempogram, sr):
    """Estimate one tempo for the clip.

    Parameters
    ----------
    tempogram : ndarray of shape (n_lags,), float64
        Mean tempogram, as returned by :func:`mean_tempogram`.
    sr : float
        Sample rate in Hz.

    Returns
    -------
    float
        In beats per minute, less than 320: the lag where the mean tempogram, weighted by a
        log-normal prior around 120, is largest, as ``librosa.feature.tempo``. Without onsets, the
        lag nearest to 120.
    """
    bpm = 60.0 * sr / (HOP * np.arange(1, len(tempogram)))
    prior = -0.5 * (np.log2(bpm) - np.log2(_PRIOR_BPM)) ** 2
    prior[bpm >= _MAX_BPM] = -np.inf
    return float(bpm[np.argmax(np.log1p(1e6 * tempogram[1:]) + prior)])


def tempogram_window(sr):
    """Return the number of frames in 8 s, the window of librosa's tempogram."""
    return int(_WINDOW_SECONDS * sr) // HOP


def mean_tempogram(onsets, window):
    """Average the local autocorrelation of onset strength over all frames.

    Parameters
    ----------
    onsets : ndarray of shape (n_frames,), float32
        Onset strength.
    window : int
        Length of the sliding Hann window in frames.

    Returns
    -------
    ndarray of shape (window,), float64
        By lag: up to rounding, the mean over time of ``librosa.feature.tempogram``.

    Notes
    -----
    Each frame's autocorrelation is divided by its value at lag 0, :math:`r_0(t)`, then averaged.
    Exchanging the sums, lag :math:`l` becomes :math:`\\sum_m e(m) e(m + l) K_l(m)` where
    :math:`K_l(m) = \\sum_t w(m - t) w(m + l - t) / r_0(t)`. With
    :math:`\\theta = 2 \\pi` / window and :math:`z = e^{i \\theta (m - t)}`, the product of two
    Hann windows is a quarter of :math:`1 - \\Re z + \\Re (e^{i \\theta l} (1 - z)^2 / 2)`, so
    :math:`K_l` is made of running sums over :math:`t`: those up to :math:`m` without those up to a
    window before :math:`m + l`. The remaining correlations are computed by the Fourier transform.
    The few faint frames, whose :math:`1 / r_0` would dominate the sums, are correlated one by one.
    """
    n_frames = len(onsets)
    half = window // 2
    envelope = np.pad(onsets.astype(np.float64), half, mode="linear_ramp", end_values=0.0)
    hann = hann_window(window)
    energy = np.correlate(envelope**2, hann**2, mode="valid")[:n_frames]
    energy[energy < 0] = 0.0
    loud = energy > _FAINT * energy.max()
    faint = np.flatnonzero(~loud & (energy > 0))
    total = _faint_lags(envelope, hann, faint, energy)
    weights = np.divide(1.0, energy, out=np.zeros(n_frames), where=loud)
    return (total + _loud_lags(envelope, weights, window)) / n_frames


def compute_beat_histogram(tempogram, frame_rate):
    """Compute the autocorrelation of onset strength at 19 tempi.

    Parameters
    ----------
    tempogram : ndarray of shape (n_lags,), float64
        Mean tempogram, by lag in frames.
    frame_rate : float
        Frames per second.

    Returns
    -------
    ndarray of shape (19,), float64
        For 40 to 320 beats per minute, six to the octave; at most 1.

    References
    ----------
    Tzanetakis and Cook, "Musical genre classification of audio signals", IEEE TSAP 2002.
    """
    return _at_lags(tempogram, 60.0 * frame_rate / HISTOGRAM_BPM)


def compute_beat_ratios(tempogram, frame_rate, bpm):
    """Compute the autocorrelation of onset strength at fractions and multiples of the beat.

    Parameters
    ----------
    tempogram : ndarray of shape (n_lags,), float64
        Mean tempogram, by lag in frames.
    frame_rate : float
        Frames per second.
    bpm : float
        Tempo in beats per minute.

    Returns
    -------
    ndarray of shape (9,), float64
        For periods of 1/4, 1/3, 1/2, 2/3, 1, 3/2, 2, 3 and 4 beats, which do not change when the
        clip is played faster or slower. 0 for periods longer than the tempogram.

    References
    ----------
    Peeters, "Rhythm classification using spectral rhythm patterns", ISMIR 2005 (autocorrelation at
    the tempo's harmonics).
    """
    return _at_lags(tempogram, 60.0 * frame_rate / bpm * np.array(PERIODS))


def _loud_lags(envelope, weights, window):
    """Return the sum of the weighted autocorrelations, by lag, through running sums."""
    angle = 2 * np.pi / window
    phasors = np.exp(1j * angle * np.arange(len(envelope)))
    spread = np.pad(weights, (0, len(envelope) - len(weights)))
    flat = np.cumsum(spread)
    once = phasors * np.cumsum(spread * phasors.conj())
    twice = phasors**2 * np.cumsum(spread * phasors.conj() ** 2)
    both = flat / 2 - once + twice / 2
    sums = np.stack([flat - once.real, both.real, both.imag])
    # Phases are relative to the later of the two onsets, hence the conjugate.
    expired = np.pad(sums * [[1], [1], [-1]], ((0, 0), (window, 0)))[:, : len(envelope)]
    size = scipy.fft.next_fast_len(len(envelope) + window, real=True)
    spectrum = scipy.fft.rfft(envelope, size)
    recent = scipy.fft.rfft(envelope * sums, size).conj() * spectrum
    old = scipy.fft.rfft(envelope * expired, size) * spectrum.conj()
    plain, cosine, sine = scipy.fft.irfft(recent - old, size)[:, :window]
    lags = angle * np.arange(window)
    return (plain + np.cos(lags) * cosine - np.sin(lags) * sine) / 4


@njit_reordered
def _faint_lags(envelope, hann, frames, energy):
    """Return the sum of the normalised autocorrelations of single frames, by lag."""
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


@njit_ordered
def _mean_increase(log_mel):
    n_mels, n_frames = log_mel.shape
    total = np.zeros(n_frames - 1, np.float32)
    for m in range(n_mels):
        row = log_mel[m]
        for f in range(n_frames - 1):
            total[f] += max(row[f + 1] - row[f], np.float32(0))
    return total / np.float32(n_mels)


def _at_lags(tempogram, lags):
    """Interpolate a tempogram between lags; 0 beyond the last."""
    return np.interp(lags, np.arange(len(tempogram)), tempogram, right=0.0)
