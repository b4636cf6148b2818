"""Audio fingerprints: pairs of spectral peaks that remain in a mixture, at any playback rate.

A peak of the spectrogram is often still one after other stems and noise are added. Two peaks near
each other are a landmark. Its key does not change when the stem is played at another speed and is
looked up in an index; its other numbers give the speed. Landmarks of one stem that agree on speed
and position are votes for them. The index of all stems has 16 bytes per landmark, 125 MB for 4,000
stems of 30 s; a search needs another 600 MB.

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


# Rates from 1/2 to 2. Votes are counted in cells of 1/36 octave by 16 hops, which is the error of
# the position at the ends of the clip for a rate at the edge of the cell...
_RATE_REACH = 1.02
_RATE_CELLS, _POSITION_CELL = 36, 16
# ... and again for rate 1, which is exact: one stem of a mashup, the tempo anchor, has this rate.
_SAME_RATE, _SAME_POSITION_CELL = 0.01, 2
# The fullest cells are refined at finer rates and in cells of two hops. The nearest rates are
# first, so that they are selected among equals.
_FINE_RATES = 1 + 0.001 * np.array(sorted(range(-20, 21), key=abs))
_FINE_CELL = 2
# Least root mean square in hops of the times of landmarks that a rate is fitted to.
_LEAST_SPREAD = 20


class StemCandidate(NamedTuple):
    """Stem that may be in a clip.

    Attributes
    ----------
    stem : int
        Its number.
    rate : float
        Samples of the stem for each sample of the clip.
    start : float
        The sample of the stem at which the clip begins.
    votes : int
        Number of landmarks that agree.
    """

    stem: int
    rate: float
    start: float
    votes: int


class _Matches(NamedTuple):
    """Landmarks that a clip has in common with stems; times are from the middle of the clip."""

    stem: np.ndarray
    log_rate: np.ndarray
    stem_time: np.ndarray
    clip_time: np.ndarray

    def select(self, mask):
        return _Matches(*(part[mask] for part in self))


class LandmarkIndex:
    """Landmarks of many stems, sorted by their keys.

    Parameters
    ----------
    peaks : sequence of Peaks
        Of each stem.
    moves : {"pitch", "time"}, default="pitch"
        Effect of a change of speed: on pitch and time, or on the time only.
    fan_out : int, default=4
        Largest number of landmarks that a peak of a stem is the first of.
    """

    def __init__(self, peaks, *, moves="pitch", fan_out=4):
        self.moves = moves
        self.n_stems = len(peaks)
        parts = [pair_peaks(found, fan_out=fan_out, moves=moves) for found in peaks]
        stem = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part.key) for part in parts])
        key, speed, time = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(key, kind="stable")
        self.key, self.speed, self.time = key[order], speed[order], time[order]
        self.stem = stem[order]

    def search(self, peaks, *, count=6, fan_out=8, without=()):
        """Find the stems with the most landmarks that agree with those of a clip.

        Parameters
        ----------
        peaks : Peaks
            Of the clip; there should be more than of a stem, because a clip has several.
        count : int, default=6
            Largest number of stems.
        fan_out : int, default=8
        without : sequence of int
            Numbers of stems to leave out of the search.

        Returns
        -------
        list of StemCandidate
            Of different stems, by falling votes.
        """
        if not len(peaks.time):
            return []
        middle = float(peaks.time[-1]) / 2
        landmarks = pair_peaks(peaks, fan_out=fan_out, moves=self.moves)
        matches = self._match(landmarks, middle, np.asarray(without, dtype=int))
        same = matches.select(np.abs(matches.log_rate) <= _SAME_RATE)
        cells = _fullest_cells(matches, _POSITION_CELL, 2 * count)
        cells += _fullest_cells(same, _SAME_POSITION_CELL, count)
        best = {}
        for stem, cell in dict.fromkeys(cells):
            found = _refine(matches, stem, cell, middle)
            if stem not in best or found.votes > best[stem].votes:
                best[stem] = found
        return sorted(best.values(), key=lambda found: (-found.votes, found.stem))[:count]

    def _match(self, landmarks, middle, without):
        searched = np.ones(self.n_stems, dtype=bool)
        searched[without] = False
        first = np.searchsorted(self.key, landmarks.key)
        n = np.searchsorted(self.key, landmarks.key, side="right") - first
        of_clip = np.repeat(np.arange(len(n)), n)
        of_stem = np.arange(n.sum()) + np.repeat(first - np.cumsum(n) + n, n)
        log_rate = landmarks.speed[of_clip] - self.speed[of_stem]
        valid = (np.abs(log_rate) <= _RATE_REACH) & searched[self.stem[of_stem]]
        of_clip, of_stem = of_clip[valid], of_stem[valid]
        clip_time = landmarks.time[of_clip] - np.float32(middle)
        return _Matches(self.stem[of_stem], log_rate[valid], self.time[of_stem], clip_time)


def _fullest_cells(matches, position_cell, count):
    """Return the stems and cells of rate with the most landmarks in one cell of position."""
    if not len(matches.stem):
        return []
    rate = np.rint(matches.log_rate * _RATE_CELLS)
    position = matches.stem_time - np.exp2(rate / _RATE_CELLS) * matches.clip_time
    position = np.floor(position / position_cell).astype(np.int64)
    position -= position.min()
    width = position.max() + 1
    pair = matches.stem * np.int64(256) + rate.astype(np.int64) + 128
    cells, votes = np.unique(pair * width + position, return_counts=True)
    fullest = cells[np.argsort(-votes, kind="stable")[: 4 * count]] // width
    pairs = list(dict.fromkeys(fullest.tolist()))[:count]
    return [(pair // 256, pair % 256 - 128) for pair in pairs]


def _refine(matches, stem, cell, middle):
    """Find the rate and position, near a cell of rate, that most landmarks agree on."""
    own = np.flatnonzero(matches.stem == stem)
    own = own[np.abs(matches.log_rate[own] * _RATE_CELLS - cell) <= 1.5]
    stem_time, clip_time = matches.stem_time[own], matches.clip_time[own]
    rates = np.exp2(cell / _RATE_CELLS) * _FINE_RATES
    positions = stem_time - rates[:, None] * clip_time
    cells = ((positions - positions.min()) / _FINE_CELL).astype(int)
    width = cells.max() + 2
    flat = cells + width * np.arange(len(rates))[:, None]
    counts = np.bincount(flat.ravel(), minlength=width * len(rates)).reshape(len(rates), width)
    # Two neighbouring cells together, so that no position is split.
    counts = counts[:, :-1] + counts[:, 1:]
    best, at = np.unravel_index(counts.argmax(), counts.shape)
    agree = (cells[best] == at) | (cells[best] == at + 1)
    rate, position = _fit_line(clip_time[agree], stem_time[agree], rates[best])
    return StemCandidate(int(stem), rate, (position - rate * middle) * HOP, int(counts[best, at]))


def _fit_line(clip_time, stem_time, rate):
    """Fit rate and position by least squares, which is more precise than a cell."""
    centred = clip_time.astype(np.float64) - clip_time.mean()
    spread = centred @ centred
    # Landmarks within half a second do not determine the rate.
    if spread > len(centred) * _LEAST_SPREAD**2:
        rate = centred @ stem_time / spread
    return float(rate), float(stem_time.mean() - rate * clip_time.mean())
