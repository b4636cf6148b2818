"""The index: which stems, at which rate and place, a clip's landmarks vote for.

Sorted arrays of 16 bytes a landmark: 4,000 stems of 30 s are some 125 MB, and a search in them
takes some 600 MB more for a moment.
"""

from typing import NamedTuple

import numpy as np

from .fingerprint import HOP, pair_peaks

# Rates from a half to double; votes are counted in cells of a 36th of an octave by 16 hops, as many
# as a place may be off at the clip's ends for a rate at the cell's edge...
_RATE_REACH = 1.02
_RATE_CELLS, _PLACE_CELL = 36, 16
# ... and once more for the rate 1, which is known exactly: one stem of a mashup keeps its speed.
_SAME_RATE, _SAME_PLACE_CELL = 0.01, 2
# The fullest cells are looked at closer, at finer rates, in cells of two hops. The nearest rates
# come first: they win where several do equally well.
_FINE_RATES = 1 + 0.001 * np.array(sorted(range(-20, 21), key=abs))
_FINE_CELL = 2
# Of landmarks that a rate is fitted to, in hops (root mean square).
_LEAST_SPREAD = 20


class StemCandidate(NamedTuple):
    """A stem that may be in a clip.

    Attributes
    ----------
    stem : int
    rate : float
        Samples of the stem for one of the clip.
    start : float
        Which sample of the stem the clip's first sample is.
    votes : int
        Landmarks that agree.
    """

    stem: int
    rate: float
    start: float
    votes: int


class _Matches(NamedTuple):
    """A clip's landmarks that are some stem's, too; times from the clip's middle, in hops."""

    stem: np.ndarray
    log_rate: np.ndarray
    stem_time: np.ndarray
    clip_time: np.ndarray

    def only(self, kept):
        return _Matches(*(part[kept] for part in self))


class LandmarkIndex:
    """The landmarks of many stems, sorted by what is looked up.

    Parameters
    ----------
    peaks : sequence of Peaks
        Of each stem.
    moves : {"pitch", "time"}, default="pitch"
        As of :func:`~stemstack.domain_shift.reuse.fingerprint.pair_peaks`.
    fan_out : int, default=4
        Landmarks each peak of a stem begins.
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
        """Find the stems that a clip's landmarks agree on most.

        Parameters
        ----------
        peaks : Peaks
            Of the clip: more of them than of a stem, as it holds several.
        count : int, default=6
        fan_out : int, default=8
        without : sequence of int
            Stems to search as if they were not there.

        Returns
        -------
        list of Candidate
            At most ``count``, each of another stem, by falling votes.
        """
        if not len(peaks.time):
            return []
        middle = float(peaks.time[-1]) / 2
        landmarks = pair_peaks(peaks, fan_out=fan_out, moves=self.moves)
        matches = self._match(landmarks, middle, np.asarray(without, dtype=int))
        same = matches.only(np.abs(matches.log_rate) <= _SAME_RATE)
        cells = _fullest_cells(matches, _PLACE_CELL, 2 * count)
        cells += _fullest_cells(same, _SAME_PLACE_CELL, count)
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
        kept = (np.abs(log_rate) <= _RATE_REACH) & searched[self.stem[of_stem]]
        of_clip, of_stem = of_clip[kept], of_stem[kept]
        clip_time = landmarks.time[of_clip] - np.float32(middle)
        return _Matches(self.stem[of_stem], log_rate[kept], self.time[of_stem], clip_time)


def _fullest_cells(matches, place_cell, count):
    """Stems and cells of rate in which most landmarks agree on the place as well."""
    if not len(matches.stem):
        return []
    rate = np.rint(matches.log_rate * _RATE_CELLS)
    place = matches.stem_time - np.exp2(rate / _RATE_CELLS) * matches.clip_time
    place = np.floor(place / place_cell).astype(np.int64)
    place -= place.min()
    width = place.max() + 1
    pair = matches.stem * np.int64(256) + rate.astype(np.int64) + 128
    cells, votes = np.unique(pair * width + place, return_counts=True)
    fullest = cells[np.argsort(-votes, kind="stable")[: 4 * count]] // width
    pairs = list(dict.fromkeys(fullest.tolist()))[:count]
    return [(pair // 256, pair % 256 - 128) for pair in pairs]


def _refine(matches, stem, cell, middle):
    """Find the rate and place, near a cell of rate, that most landmarks agree on."""
    own = np.flatnonzero(matches.stem == stem)
    own = own[np.abs(matches.log_rate[own] * _RATE_CELLS - cell) <= 1.5]
    stem_time, clip_time = matches.stem_time[own], matches.clip_time[own]
    rates = np.exp2(cell / _RATE_CELLS) * _FINE_RATES
    places = stem_time - rates[:, None] * clip_time
    lowest = places.min()
    cells = ((places - lowest) / _FINE_CELL).astype(int)
    width = cells.max() + 2
    flat = cells + width * np.arange(len(rates))[:, None]
    counts = np.bincount(flat.ravel(), minlength=width * len(rates)).reshape(len(rates), width)
    # Two neighbours together: no place is cut in half.
    counts = counts[:, :-1] + counts[:, 1:]
    best, at = np.unravel_index(counts.argmax(), counts.shape)
    agree = (cells[best] == at) | (cells[best] == at + 1)
    rate, place = _fit_line(clip_time[agree], stem_time[agree], rates[best])
    return StemCandidate(int(stem), rate, (place - rate * middle) * HOP, int(counts[best, at]))


def _fit_line(clip_time, stem_time, rate):
    """Least squares: cells are coarse, but landmarks together place a stem more finely."""
    centred = clip_time.astype(np.float64) - clip_time.mean()
    spread = centred @ centred
    # Landmarks from half a second say too little about the rate.
    if spread > len(centred) * _LEAST_SPREAD**2:
        rate = centred @ stem_time / spread
    return float(rate), float(stem_time.mean() - rate * clip_time.mean())
