"""A library of stems that can be asked which of them are in a clip.

Fingerprints choose a few candidates out of thousands; the waveforms decide.
"""

from dataclasses import dataclass
from typing import NamedTuple

import joblib
import numpy as np

from ..audio import DEFAULT_SR, load_clip
from .alignment import align, thin
from .fingerprint import find_peaks
from .landmark_index import LandmarkIndex

# A clip holds several stems, so more of its peaks are kept than of a stem's.
_PEAKS_PER_SECOND = 40.0


class Finding(NamedTuple):
    """A stem that is in a clip as surely as ``correlation`` says.

    Attributes
    ----------
    path, song : str
    rate : float
        Samples of the stem for one of the clip.
    start : float
        Where in the stem the clip begins, in s.
    correlation : float
        As of :func:`~stemstack.mashups.alignment.align`.
    """

    path: str
    song: str
    rate: float
    start: float
    correlation: float


@dataclass(frozen=True)
class StemLibrary:
    """Stems, and the index of their landmarks.

    Attributes
    ----------
    paths, songs : tuple of str
        Of each stem.
    sources : tuple of Source
    index : LandmarkIndex
    sr : int
        Sample rate of the sources in Hz.
    """

    paths: tuple
    songs: tuple
    sources: tuple
    index: LandmarkIndex
    sr: int = DEFAULT_SR

    @classmethod
    def of(cls, songs, stems, bank, *, moves="pitch", sr=DEFAULT_SR, n_jobs=None, progress=None):
        """Take the fingerprints of all stems of some songs.

        Parameters
        ----------
        songs : DataFrame
            Column ``song`` and a path column for each stem.
        stems : sequence of str
        bank : dict of str to Source
        moves : {"pitch", "time"}, default="pitch"
            What a change of speed moves, as of :func:`~stemstack.mashups.fingerprint.pair_peaks`.
        sr : int, default=22050
            Sample rate of the bank in Hz.
        n_jobs : int, optional
            Processes.
        progress : callable, optional
            Called with the number of stems done since its last call.

        Returns
        -------
        StemLibrary
        """
        rows = songs.to_dict("records")
        named = [(row[s], row["song"]) for row in rows for s in stems if isinstance(row[s], str)]
        paths, names = zip(*named, strict=True)
        sources = tuple(bank[path] for path in paths)
        jobs = joblib.Parallel(n_jobs=n_jobs, return_as="generator")(
            joblib.delayed(_source_peaks)(source, sr) for source in sources
        )
        peaks = []
        for found in jobs:
            peaks.append(found)
            if progress is not None:
                progress(1)
        return cls(paths, names, sources, LandmarkIndex(peaks, moves=moves), sr)

    def find(self, clip, *, without=()):
        """Find the stems that may be in a clip.

        Parameters
        ----------
        clip : clip
            A path, a mashup, or a waveform at the library's rate.
        without : sequence of str
            Songs to search as if they were not there.

        Returns
        -------
        list of Finding
            By falling correlation; at most six, each of another stem. Those of low correlation are
            not in the clip: a :class:`~stemstack.mashups.reuse.Calibration` says what is low.

        Raises
        ------
        AudioError
            The clip cannot be read.
        """
        waveform = load_clip(clip, self.sr)
        peaks = find_peaks(waveform, per_second=_PEAKS_PER_SECOND, sr=self.sr)
        left_out = np.flatnonzero(np.isin(self.songs, list(without)))
        thinned = thin(waveform)
        found = [
            self._check(thinned, candidate)
            for candidate in self.index.search(peaks, without=left_out)
        ]
        return sorted(found, key=lambda finding: -finding.correlation)

    def _check(self, thinned, candidate):
        stem, rate, start, _ = candidate
        correlation = align(thinned, thin(self.sources[stem].read()), rate, start)
        return Finding(self.paths[stem], self.songs[stem], rate, start / self.sr, correlation)


def _source_peaks(source, sr):
    return find_peaks(source.read(), sr=sr)
