"""Alignment: whether a stem's very waveform is in a clip, near a rate and place already guessed.

Two recordings of one groove have peaks in the same places; only the same recording has the same
waveform all along. So clip and stem are correlated in chunks of 0.4 s, and the correlations are
summed along straight lines of time against lag: the true rate and place are one such line, on which
every chunk adds up, whatever else is in the mix.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.fft
from numba import njit

from ...audio import DEFAULT_SR, load_clip, resample
from ...utils.parallel import parallel_map
from .fingerprint import find_peaks
from .landmark_index import LandmarkIndex

# Waveforms are compared at a quarter of their rate: a rate is guessed to a thousandth or so, and at
# higher frequencies a chunk would lose step with itself.
THINNING = 4
_CHUNK = 2048
_LAG = 320
# Lags are half samples: a whole one is half a period of the highest frequency, or none of it.
_FINER = 2
# How far from the guess the rate may lie, and how fine (lags at the clip's ends) it is searched.
_RATE_ERROR = 0.001
_DRIFT_STEP = 2
# Chunks of the stem fainter than this beside its loudest (RMS) count as silence.
_FAINT = 0.03


def downsample_difference(clip):
    """Prepare a waveform for :func:`max_correlation_offset`: a quarter of the rate, differenced.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32

    Returns
    -------
    ndarray of shape (n_samples / 4,), float32
        The difference lifts high frequencies, of which music has less, by 6 dB an octave: it makes
        correlations narrow.
    """
    thinned = resample(clip, THINNING, 1)
    return np.diff(thinned, prepend=thinned[:1])


def max_correlation_offset(clip, stem, rate, start):
    """Correlate a clip with a stem along the straightest line near a guess.

    Parameters
    ----------
    clip, stem : ndarray of shape (n,), float32
        By :func:`downsample_difference`.
    rate : float
        Samples of the stem for one of the clip; to be found within 0.1 %.
    start : float
        Which sample of the stem, before thinning, the clip's first is; within 900 samples.

    Returns
    -------
    float
        Correlation coefficient, at best the mean over all chunks: 1 for the stem itself, 1/2 for a
        stem among four as loud, some 0.02 for other music. 0 for a clip shorter than a chunk.
    """
    n = len(clip) // _CHUNK
    if n == 0:
        return 0.0
    correlations = _correlate_chunks(
        clip[: n * _CHUNK].reshape(n, _CHUNK), _cut(stem, n, rate, start)
    )
    return float(_best_line(correlations))


def _cut(stem, n, rate, start):
    """The part of the stem for each chunk, at the clip's speed, with room for lags."""
    reading = np.arange(-_LAG, n * _CHUNK + _LAG) * rate + start / THINNING
    synced = np.interp(reading, np.arange(len(stem)), stem, left=0, right=0).astype(np.float32)
    return np.lib.stride_tricks.sliding_window_view(synced, _CHUNK + 2 * _LAG)[::_CHUNK]


def _correlate_chunks(chunks, parts):
    """Correlation coefficients of each chunk at each lag: shape (n_chunks, 4 * _LAG + 1)."""
    # What wraps around falls on lags that are cut off.
    n_fft = scipy.fft.next_fast_len(parts.shape[1], real=True)
    spectra = scipy.fft.rfft(parts, n_fft) * np.conj(scipy.fft.rfft(chunks, n_fft))
    n_lags = 2 * _LAG * _FINER + 1
    products = _FINER * scipy.fft.irfft(spectra, _FINER * n_fft)[:, :n_lags]
    power = np.cumsum(np.pad(np.square(parts, dtype=np.float64), ((0, 0), (1, 0))), axis=1)
    of_parts = np.sqrt(np.maximum(power[:, _CHUNK:] - power[:, :-_CHUNK], 0))
    of_parts = np.repeat(of_parts, _FINER, axis=1)[:, :n_lags]
    of_chunks = np.linalg.norm(chunks, axis=1, keepdims=True)
    scale = np.maximum(of_parts, _FAINT * of_parts.max()) * of_chunks
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)


def _best_line(correlations):
    """The largest mean along a line of lag against time."""
    n, n_lags = correlations.shape
    steps = math.ceil(_RATE_ERROR * n * _CHUNK / 2 * _FINER / _DRIFT_STEP)
    # In a clip of minutes, drifts that leave half of the lags.
    steps = min(steps, n_lags // (4 * _DRIFT_STEP))
    drifts = _DRIFT_STEP * np.arange(-steps, steps + 1)
    along = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return _largest_sum(correlations, np.rint(drifts[:, None] * along).astype(np.int64)) / n


@njit(cache=True)
def _largest_sum(correlations, shifts):
    """The largest sum over chunks at lags that move from chunk to chunk by ``shifts``."""
    n, n_lags = correlations.shape
    margin = shifts.max()
    largest = 0.0
    for d in range(len(shifts)):
        line = np.zeros(n_lags - 2 * margin, dtype=np.float32)
        for k in range(n):
            begin = margin + shifts[d, k]
            line += correlations[k, begin : begin + len(line)]
        largest = max(largest, line.max())
    return largest


# A clip holds several stems, so more of its peaks are kept than of a stem's.
_PEAKS_PER_SECOND = 40.0


class StemMatch(NamedTuple):
    """A stem that is in a clip as surely as ``correlation`` says.

    Attributes
    ----------
    path, song : str
    rate : float
        Samples of the stem for one of the clip.
    start : float
        Where in the stem the clip begins, in s.
    correlation : float
        As of :func:`~stemstack.domain_shift.reuse.stem_library.max_correlation_offset`.
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
    sources : tuple of AudioSource
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
    def from_songs(
        cls, songs, stems, source_store, *, moves="pitch", sr=DEFAULT_SR, n_jobs=None, advance=None
    ):
        """Take the fingerprints of all stems of some songs.

        Parameters
        ----------
        songs : DataFrame
            Column ``song`` and a path column for each stem.
        stems : sequence of str
        source_store : dict of str to AudioSource
        moves : {"pitch", "time"}, default="pitch"
            Effect of a change of speed; see
            :func:`~stemstack.domain_shift.reuse.fingerprint.pair_peaks`.
        sr : int, default=22050
            Sample rate of the source_store in Hz.
        n_jobs : int, optional
            Processes.
        advance : callable, optional
            Called with the number of stems done since its last call.

        Returns
        -------
        StemLibrary
        """
        rows = songs.to_dict("records")
        named = [(row[s], row["song"]) for row in rows for s in stems if isinstance(row[s], str)]
        paths, names = zip(*named, strict=True)
        sources = tuple(source_store[path] for path in paths)
        find_source_peaks = partial(_source_peaks, sr=sr)
        peaks = list(parallel_map(find_source_peaks, sources, n_jobs=n_jobs, advance=advance))
        return cls(paths, names, sources, LandmarkIndex(peaks, moves=moves), sr)

    def find(self, clip, without=()):
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
            not in the clip: a
            :class:`~stemstack.domain_shift.reuse.estimate.Calibration` defines what is low.

        Raises
        ------
        AudioError
            The clip cannot be read.
        """
        waveform = load_clip(clip, self.sr)
        peaks = find_peaks(waveform, per_second=_PEAKS_PER_SECOND, sr=self.sr)
        left_out = np.flatnonzero(np.isin(self.songs, list(without)))
        thinned = downsample_difference(waveform)
        found = [
            self._check(thinned, candidate)
            for candidate in self.index.search(peaks, without=left_out)
        ]
        return sorted(found, key=lambda finding: -finding.correlation)

    def _check(self, thinned, candidate):
        stem, rate, start, _ = candidate
        correlation = max_correlation_offset(
            thinned, downsample_difference(self.sources[stem].read()), rate, start
        )
        return StemMatch(self.paths[stem], self.songs[stem], rate, start / self.sr, correlation)


def _source_peaks(source, sr):
    return find_peaks(source.read(), sr=sr)
