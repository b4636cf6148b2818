"""Chroma and tonnetz: energy by pitch class, after an estimate of the clip's tuning."""

from functools import lru_cache

import numpy as np

from ..kernels.banded import banded_matmul, banded_matrix
from ..kernels.common import njit_ordered, parabola_vertex
from ..kernels.spectrum import N_FFT
from .family import descriptor

# Hz; and the least height of a peak, as a share of the maximum of its frame.
_PITCH_RANGE = (150.0, 4000.0)
_PEAK_SHARE = np.float32(0.1)
# The A from which octaves are counted, in Hz.
_LOWEST_A = 440 / 16
# Filter weights under this share of a bin's largest are below the resolution of float32.
_RESOLUTION = 1e-7


@descriptor("chroma", rows=12, explanation="notes", standard=True)
def chroma(clip):
    """Energy of the twelve pitch classes, C first."""
    return compute_chroma(clip.magnitude, clip.sr)


@descriptor("tonnetz", rows=6, explanation="harmony", standard=True)
def tonnetz(clip):
    """Chroma projected onto the circles of fifths, minor and major thirds."""
    return compute_tonnetz(clip.compute(chroma))


def compute_chroma(magnitude, sr):
    """Compute the energy of the twelve pitch classes, C first.

    Parameters
    ----------
    magnitude : ndarray of shape (1025, n_frames), float32
    sr : float
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (12, n_frames), float32
        The largest class of each frame is 1; all are 0 in silence. As
        ``librosa.feature.chroma_stft``.
    """
    filters = _chroma_matrix(sr, estimate_tuning(magnitude, sr))
    classes = banded_matmul(filters, magnitude, squared=True)
    return classes / _or_one(classes.max(axis=0))


def estimate_tuning(magnitude, sr):
    """Estimate the deviation of the clip's pitches from the tempered scale at A 440 Hz.

    Parameters
    ----------
    magnitude : ndarray of shape (1025, n_frames), float32
    sr : float
        Sample rate in Hz.

    Returns
    -------
    float
        In semitones from -0.5 to 0.5, in steps of 0.01. 0 if there is no peak.

    Notes
    -----
    As ``librosa.estimate_tuning``: the mode of a histogram over the louder half of the peaks
    between 150 Hz and 4 kHz that exceed a tenth of their frame's maximum, refined by a parabola.
    When two bins of the histogram are nearly equal, a rounding difference can move the mode far.
    """
    low, high = _PITCH_RANGE
    bins = np.arange(len(magnitude)) * (sr / N_FFT)
    inside = np.flatnonzero((bins >= low) & (bins < min(high, sr / 2)))
    floor = _PEAK_SHARE * magnitude.max(axis=0) ** 2
    positions, heights = _find_peaks(magnitude, inside[0], inside[-1] + 1, floor)
    if not len(heights):
        return 0.0
    positions = positions[heights >= np.median(heights)]
    # In float32 from here on, as in librosa, so that the histograms agree.
    frequencies = (positions * float(sr) / N_FFT).astype(np.float32)
    residual = np.mod(12 * np.log2(frequencies / _LOWEST_A), 1.0)
    residual[residual >= 0.5] -= 1.0
    counts, edges = np.histogram(residual, np.linspace(-0.5, 0.5, 101))
    return float(edges[np.argmax(counts)])


def pitch_class_filters(sr, tuning):
    """Return the weight of each frequency bin in each pitch class, C first.

    Parameters
    ----------
    sr : float
        Sample rate in Hz.
    tuning : float
        Deviation from A 440 Hz in semitones.

    Returns
    -------
    ndarray of shape (12, 1025), float32
        As ``librosa.filters.chroma``: Gaussians around the class in every octave, the weights of
        each bin normalised to length 1, times a wide Gaussian around the fifth octave. Not
        librosa's function itself, which compiles for half a minute once per machine.
    """
    frequencies = np.linspace(0, sr, N_FFT, endpoint=False)[1:]
    semitones = 12 * np.log2(frequencies / (440.0 * 2.0 ** (tuning / 12) / 16))
    # Bin 0, which has no pitch, is placed an octave and a half below bin 1.
    semitones = np.concatenate(([semitones[0] - 18], semitones))
    widths = np.append(np.maximum(np.diff(semitones), 1.0), 1.0)
    distance = np.remainder(np.subtract.outer(np.arange(12.0), semitones), 12)
    filters = np.exp(-0.5 * (2 * np.minimum(distance, 12 - distance) / widths) ** 2)
    filters /= np.linalg.norm(filters, axis=0)
    filters *= np.exp(-0.5 * ((semitones / 12 - 5) / 2) ** 2)
    # From A first to C first.
    return np.roll(filters, -3, axis=0)[:, : N_FFT // 2 + 1].astype(np.float32)


def compute_tonnetz(chroma_rows):
    """Project chroma onto the circles of fifths, minor and major thirds.

    Parameters
    ----------
    chroma_rows : ndarray of shape (12, n_frames), float32

    Returns
    -------
    ndarray of shape (6, n_frames), float32
        As ``librosa.feature.tonnetz``.

    References
    ----------
    Harte, Sandler and Gasser, "Detecting harmonic change in musical audio", AMCMM 2006.
    """
    total = chroma_rows.sum(axis=0)
    return banded_matmul(_tonnetz_matrix(), chroma_rows / _or_one(total))


@lru_cache(maxsize=1)
def _tonnetz_matrix():
    phases = np.outer([7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3], np.arange(12))
    phases[::2] -= 0.5
    radius = np.array([1, 1, 1, 1, 0.5, 0.5])[:, None]
    return banded_matrix((radius * np.cos(np.pi * phases)).astype(np.float32))


@lru_cache(maxsize=128)
def _chroma_matrix(sr, tuning):
    filters = pitch_class_filters(sr, tuning)
    filters[filters < _RESOLUTION * filters.max(axis=0)] = 0
    return banded_matrix(filters)


def _or_one(norm):
    """Return norms to divide by: 1 for a column of zeros."""
    return np.where(norm > np.finfo(np.float32).tiny, norm, np.float32(1))


@njit_ordered
def _find_peaks(magnitude, start, stop, floor):
    """Return positions (in bins, refined) and heights of local maxima of power above each floor."""
    n_frames = magnitude.shape[1]
    positions = np.empty((stop - start) * n_frames // 2 + n_frames)
    heights = np.empty(len(positions), np.float32)
    n_peaks = 0
    # Peaks are few: frames are searched for them eight at a time.
    is_peak = np.zeros(n_frames + -n_frames % 8, np.uint8)
    in_eights = is_peak.view(np.int64)
    for k in range(start, stop):
        below, here, above = magnitude[k - 1], magnitude[k], magnitude[k + 1]
        _mark_peaks(below, here, above, floor, is_peak)
        for eight in range(len(in_eights)):
            if in_eights[eight]:
                for f in range(8 * eight, 8 * eight + 8):
                    if is_peak[f]:
                        shift, height = _refine_peak(below[f], here[f], above[f])
                        positions[n_peaks], heights[n_peaks] = k + shift, height
                        n_peaks += 1
    return positions[:n_peaks], heights[:n_peaks]


@njit_ordered
def _mark_peaks(below, here, above, floor, is_peak):
    for f in range(len(here)):
        power = here[f] * here[f]
        rises = power > below[f] * below[f] and power >= above[f] * above[f]
        is_peak[f] = rises and power > floor[f]


@njit_ordered
def _refine_peak(below, here, above):
    """Return the offset and the power of a peak of three magnitudes, by a parabola of powers."""
    below, here, above = below * below, here * here, above * above
    slope = np.float32((above - below) / 2)
    shift = np.float32(parabola_vertex(below, here, above))
    return shift, here + np.float32(0.5) * slope * shift
