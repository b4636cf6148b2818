"""Index of landmarks: the stems, rates and positions that the landmarks of a clip vote for.

The index has 16 bytes per landmark: 125 MB for 4,000 stems of 30 s. A search needs another 600 MB.
"""

from typing import NamedTuple

import numpy as np

from .fingerprint import HOP, pair_peaks

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
