"""Audio fingerprints: pairs of spectral peaks that remain in a mixture, at any playback rate.

A peak of the spectrogram is often still one after other stems and noise are added. Two peaks near
each other are a landmark. Its key does not change when the stem is played at another speed and is
looked up in an index; its other numbers give the speed. Landmarks of one stem that agree on speed
and position are votes for them.

Conventions: times are in hops of 512 samples, pitches in octaves (log2 of the frequency in bins of
22050 / 2048 Hz). A rate is the number of samples of the stem for each sample of the clip.

References
----------
A. Wang, "An industrial-strength audio search algorithm", ISMIR 2003. J. Six and M. Leman, "Panako:
a scalable acoustic fingerprinting system handling time-scale and pitch modification", ISMIR 2014.
"""

from typing import NamedTuple

import numpy as np
import scipy.fft

from ...exceptions import UsageError
from ...features.kernels.common import parabola_vertices

HOP = 512
_N_FFT = 2048
# Bins from 108 Hz, below which they are wider than a semitone, to 5.5 kHz, which codecs preserve.
_LOWEST, _HIGHEST = 10, 512
# A peak is the maximum within this many bins and hops on both sides...
_REACH_BINS, _REACH_HOPS = 13, 7
# ... and less than 60 dB below the maximum of the clip.
_FAINTEST = 1e-3
# Distance of the second peak of a landmark in time (hops) and pitch (octaves).
_NEAREST, _FARTHEST, _WIDEST = 8, 96, 1.5
# Steps per octave of the interval, and of the other part of the key.
_INTERVAL_STEPS, _FIXED_STEPS = 48, 16
_MOVES = ("pitch", "time")


class Peaks(NamedTuple):
    """Spectral peaks in order of time.

    Attributes
    ----------
    time : ndarray of shape (n_peaks,), float32
        In hops.
    pitch : ndarray of shape (n_peaks,), float32
        In octaves.
    """

    time: np.ndarray
    pitch: np.ndarray


class Landmarks(NamedTuple):
    """Pairs of peaks.

    Attributes
    ----------
    key : ndarray of shape (n_landmarks,), int32
        Invariant to changes of speed.
    speed : ndarray of shape (n_landmarks,), float32
        In octaves. The difference between a landmark of the clip and the same one of the stem is
        log2 of the rate.
    time : ndarray of shape (n_landmarks,), float32
        Of the first peak, in hops.
    """

    key: np.ndarray
    speed: np.ndarray
    time: np.ndarray


def find_peaks(clip, *, per_second=20.0, sr=22050):
    """Find the peaks of the spectrogram of a clip.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    per_second : float, default=20
        Number of peaks on average: those that exceed the mean level of their bin most.
    sr : int, default=22050
        Sample rate in Hz.

    Returns
    -------
    Peaks
        Empty for a silent clip or one shorter than three frames of 2048 samples.
    """
    level = _log_spectrogram(np.asarray(clip, dtype=np.float32))
    if len(level) < 3:
        return Peaks(np.zeros(0, np.float32), np.zeros(0, np.float32))
    t, b = _local_maxima(level)
    most = max(1, int(per_second * len(clip) / sr))
    if len(t) > most:
        prominence = level[t, b] - level.mean(axis=0)[b]
        selected = np.sort(np.argpartition(-prominence, most)[:most])
        t, b = t[selected], b[selected]
    time = t + parabola_vertices(level[t - 1, b], level[t, b], level[t + 1, b])
    offset = parabola_vertices(level[t, b - 1], level[t, b], level[t, b + 1])
    bins = b + _LOWEST - 1 + offset
    return Peaks(time.astype(np.float32), np.log2(bins).astype(np.float32))


def pair_peaks(peaks, *, fan_out=4, moves="pitch"):
    """Pair each peak with the next few peaks near it.

    Parameters
    ----------
    peaks : Peaks
    fan_out : int, default=4
        Largest number of pairs that a peak is the first of.
    moves : {"pitch", "time"}, default="pitch"
        Effect of a change of speed: on pitch and time, as by a resampler, or on the time only, as
        by a time stretch.

    Returns
    -------
    Landmarks

    Raises
    ------
    UsageError
        If ``moves`` is neither of the two.

    Notes
    -----
    At rate r, pitches move by log2 r and the time between peaks is divided by r. Invariant are
    therefore the interval between the peaks and, if the pitch moves, the product of frequency and
    time between them, otherwise the pitch.
    """
    if moves not in _MOVES:
        raise UsageError(f"moves must be one of {', '.join(_MOVES)}. Got {moves!r} instead.")
    first, second = _pairs(*peaks, fan_out)
    pitch, interval = peaks.pitch[first], peaks.pitch[second] - peaks.pitch[first]
    span = np.log2(peaks.time[second] - peaks.time[first])
    fixed, speed = (pitch + span, pitch) if moves == "pitch" else (pitch, -span)
    key = _steps(fixed, _FIXED_STEPS) * 256 + _steps(interval, _INTERVAL_STEPS) + 128
    return Landmarks(key, speed, peaks.time[first])


def _steps(values, per_octave):
    return np.floor(values * per_octave + 0.5).astype(np.int32)


def _log_spectrogram(clip):
    """Return log magnitudes of shape (n_frames, n_bins), with one bin more at each end."""
    if len(clip) < _N_FFT:
        return np.zeros((0, 0), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(clip, _N_FFT)[::HOP]
    window = np.hanning(_N_FFT + 1)[:-1].astype(np.float32)
    magnitude = np.abs(scipy.fft.rfft(frames * window, axis=1)[:, _LOWEST - 1 : _HIGHEST + 1])
    loudest = magnitude.max()
    if loudest == 0:
        return np.zeros((0, 0), np.float32)
    return np.log(np.maximum(magnitude, _FAINTEST * loudest))


def _local_maxima(level):
    """Return frames and bins of the local maxima, without those at the edges."""
    around = _running_max(_running_max(level.T, _REACH_BINS).T, _REACH_HOPS)
    inner = (slice(1, -1), slice(1, -1))
    is_peak = (level[inner] == around[inner]) & (level[inner] > level.min())
    t, b = np.nonzero(is_peak)
    return t + 1, b + 1


def _running_max(rows, reach):
    """Return the maximum of each row and its ``reach`` neighbours on both sides.

    By doubling the window, which is seven times as fast as scipy's ``maximum_filter1d`` over rows.
    """
    whole = 2 * reach + 1
    largest = np.pad(rows, ((reach, reach), (0, 0)), mode="edge")
    width = 1
    while width < whole:
        step = min(width, whole - width)
        largest = np.maximum(largest[:-step], largest[step:])
        width += step
    return largest


def _pairs(time, pitch, fan_out):
    """Return the indices of the first and second peaks of all pairs."""
    n_pairs = np.zeros(len(time), dtype=int)
    firsts, seconds = [np.zeros(0, int)], [np.zeros(0, int)]
    for ahead in range(1, len(time)):
        span = time[ahead:] - time[:-ahead]
        if span.min() > _FARTHEST:
            break
        near = (span >= _NEAREST) & (span <= _FARTHEST)
        near &= np.abs(pitch[ahead:] - pitch[:-ahead]) <= _WIDEST
        first = np.flatnonzero(near & (n_pairs[:-ahead] < fan_out))
        n_pairs[first] += 1
        firsts.append(first)
        seconds.append(first + ahead)
    return np.concatenate(firsts), np.concatenate(seconds)
