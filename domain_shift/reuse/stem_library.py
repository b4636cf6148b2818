"""Stem library: search for stems in clips by fingerprint, confirmed by correlation of waveforms.

Two recordings of one groove have peaks at the same positions, but only the same recording has the
same waveform throughout. Clip and candidate stem are therefore correlated in chunks of 0.4 s, and
the correlations are summed along straight lines of lag over time. The true rate and position are
one such line, on which all chunks correlate, whatever else is in the mix.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.fft

from ...audio import DEFAULT_SR, load_clip, resample
from ...utils.compiled import njit
from ...utils.parallel import parallel_map
from .fingerprint import LandmarkIndex, find_peaks

# Waveforms are compared at a quarter of their sample rate: candidate rates have errors of about a
# thousandth, by which higher frequencies would be out of phase within a chunk.
_DECIMATION = 4
_CHUNK = 2048
_LAG = 320
# Lags per sample: one sample is half a period of the highest frequency, which is too coarse.
_LAGS_PER_SAMPLE = 2
# Largest error of the candidate rate, and step of the search in lags at the ends of the clip.
_RATE_ERROR = 0.001
_DRIFT_STEP = 2
# Chunks of the stem whose RMS is below this fraction of the largest count as silent.
_FAINT = 0.03


def downsample_difference(clip):
    """Resample a waveform to a quarter of its sample rate and take differences.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32

    Returns
    -------
    ndarray of shape (n_samples / 4,), float32
        Differences amplify high frequencies by 6 dB per octave, which compensates the spectrum of
        music and makes the peaks of correlations narrow.
    """
    decimated = resample(clip, _DECIMATION, 1)
    return np.diff(decimated, prepend=decimated[:1])


def max_correlation_offset(clip, stem, rate, start):
    """Compute the largest correlation of a clip with a stem near a rate and position.

    Parameters
    ----------
    clip, stem : ndarray of shape (n_samples,), float32
        From :func:`downsample_difference`.
    rate : float
        Samples of the stem for each sample of the clip; the error may be up to 0.1 %.
    start : float
        The sample of the stem, at the full sample rate, at which the clip begins; the error may be
        up to 900 samples.

    Returns
    -------
    float
        Largest mean of the correlation coefficients of all chunks: 1 for the stem itself, 1/2 for
        one of four equally loud stems, about 0.02 for other music, 0 for a clip shorter than a
        chunk.
    """
    n = len(clip) // _CHUNK
    if n == 0:
        return 0.0
    correlations = _correlate_chunks(
        clip[: n * _CHUNK].reshape(n, _CHUNK), _cut(stem, n, rate, start)
    )
    return float(_best_line(correlations))


def _cut(stem, n, rate, start):
    """Return the part of the stem for each chunk, at the speed of the clip, plus the lags."""
    positions = np.arange(-_LAG, n * _CHUNK + _LAG) * rate + start / _DECIMATION
    synced = np.interp(positions, np.arange(len(stem)), stem, left=0, right=0).astype(np.float32)
    return np.lib.stride_tricks.sliding_window_view(synced, _CHUNK + 2 * _LAG)[::_CHUNK]


def _correlate_chunks(chunks, parts):
    """Return the correlation coefficient of each chunk at each lag: (n_chunks, 4 * _LAG + 1)."""
    # Circular correlation affects only lags that are cut off.
    n_fft = scipy.fft.next_fast_len(parts.shape[1], real=True)
    spectra = scipy.fft.rfft(parts, n_fft) * np.conj(scipy.fft.rfft(chunks, n_fft))
    n_lags = 2 * _LAG * _LAGS_PER_SAMPLE + 1
    products = _LAGS_PER_SAMPLE * scipy.fft.irfft(spectra, _LAGS_PER_SAMPLE * n_fft)[:, :n_lags]
    power = np.cumsum(np.pad(np.square(parts, dtype=np.float64), ((0, 0), (1, 0))), axis=1)
    of_parts = np.sqrt(np.maximum(power[:, _CHUNK:] - power[:, :-_CHUNK], 0))
    of_parts = np.repeat(of_parts, _LAGS_PER_SAMPLE, axis=1)[:, :n_lags]
    of_chunks = np.linalg.norm(chunks, axis=1, keepdims=True)
    scale = np.maximum(of_parts, _FAINT * of_parts.max()) * of_chunks
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)


def _best_line(correlations):
    """Return the largest mean along a line of lag over time."""
    n, n_lags = correlations.shape
    steps = math.ceil(_RATE_ERROR * n * _CHUNK / 2 * _LAGS_PER_SAMPLE / _DRIFT_STEP)
    # For clips of minutes, the drifts are limited so that half of the lags remain.
    steps = min(steps, n_lags // (4 * _DRIFT_STEP))
    drifts = _DRIFT_STEP * np.arange(-steps, steps + 1)
    along = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return _largest_sum(correlations, np.rint(drifts[:, None] * along).astype(np.int64)) / n


@njit(cache=True)
def _largest_sum(correlations, shifts):
    """Return the largest sum over chunks, at lags that change from chunk to chunk by ``shifts``."""
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


# Twice as many as of a stem, because a clip has several stems.
_PEAKS_PER_SECOND = 40.0


class StemMatch(NamedTuple):
    """Stem that may be in a clip, with its correlation.

    Attributes
    ----------
    path, song : str
    rate : float
        Samples of the stem for each sample of the clip.
    start : float
        Time in the stem at which the clip begins, in s.
    correlation : float
        Correlation of the waveforms, up to 1: about 1/2 for one of four equally loud stems, 0.02
        for other music.

    See Also
    --------
    StemLibrary.find : Find the matches of a clip.

    Examples
    --------
    >>> from stemstack.domain_shift.reuse import StemMatch
    >>> StemMatch("a/drums.wav", "a", rate=1.1, start=2.5, correlation=0.6).song
    'a'
    """

    path: str
    song: str
    rate: float
    start: float
    correlation: float


@dataclass(frozen=True)
class StemLibrary:
    """Library of stems, with an index of their landmarks.

    Attributes
    ----------
    paths, songs : tuple of str
        Of each stem.
    sources : tuple of AudioSource
    index : LandmarkIndex
    sr : int, default=22050
        Sample rate of the sources in Hz.

    See Also
    --------
    check_reuse : Search the test clips of a data set for its training stems.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import pandas as pd
    >>> from stemstack.domain_shift.reuse import StemLibrary
    >>> from stemstack.mashups import AudioSource
    >>> noise = np.random.default_rng(0).normal(size=(2, 66150))
    >>> songs = pd.DataFrame({"song": ["a", "b"], "drums": ["a.wav", "b.wav"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = {}
    ...     for song, samples in zip("ab", noise):
    ...         (3000 * samples).astype("<i2").tofile(f"{folder}/{song}.i16")
    ...         source = AudioSource(f"{folder}/{song}.i16", 66150, 120.0, 1.0, content=song)
    ...         store[f"{song}.wav"] = source
    ...     library = StemLibrary.from_songs(songs, ["drums"], store)
    ...     matches = library.find(0.1 * noise[0, 11025:].astype(np.float32))
    >>> matches[0].song, round(matches[0].start, 2), matches[0].correlation > 0.5
    ('a', 0.5, True)
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
        """Compute the fingerprints of all stems of songs.

        Parameters
        ----------
        songs : DataFrame
            Column ``song``, and a column of paths for each stem; missing stems are NaN or None.
        stems : sequence of str
        source_store : dict of str to AudioSource
            The converted stems by path.
        moves : {"pitch", "time"}, default="pitch"
            Effect of a change of speed: on pitch and time, as by a resampler, or on the time only,
            as by a time stretch.
        sr : int, default=22050
            Sample rate of the sources in Hz.
        n_jobs : int or None, default=None
            Number of worker processes; None means 1.
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
            A path, a mashup, or a waveform at the sample rate of the library.
        without : sequence of str
            Songs to leave out of the search.

        Returns
        -------
        list of StemMatch
            At most six, of different stems, by falling correlation. Those below the threshold of a
            :class:`Calibration` are not in the clip.

        Raises
        ------
        AudioError
            If the clip cannot be read.
        """
        waveform = load_clip(clip, self.sr)
        peaks = find_peaks(waveform, per_second=_PEAKS_PER_SECOND, sr=self.sr)
        left_out = np.flatnonzero(np.isin(self.songs, list(without)))
        prepared = downsample_difference(waveform)
        candidates = self.index.search(peaks, without=left_out)
        matches = [self._match(prepared, candidate) for candidate in candidates]
        return sorted(matches, key=lambda match: -match.correlation)

    def _match(self, prepared, candidate):
        stem, rate, start, _ = candidate
        prepared_stem = downsample_difference(self.sources[stem].read())
        correlation = max_correlation_offset(prepared, prepared_stem, rate, start)
        return StemMatch(self.paths[stem], self.songs[stem], rate, start / self.sr, correlation)


def _source_peaks(source, sr):
    return find_peaks(source.read(), sr=sr)
