"""Chroma and tonnetz: energy by pitch class, after an estimate of the clip's tuning."""

from functools import lru_cache

import numpy as np

from ..kernels.banded import banded_matmul, ordered
from ..kernels.spectrum import N_FFT

_PITCH_RANGE = (150.0, 4000.0)
_PEAK_SHARE = np.float32(0.1)
_CONCERT_C = 440 / 16
_RESOLUTION = 1e-7


def chroma(power, sr):
    """Compute the energy of the twelve pitch classes, C first.

    Parameters
    ----------
    power : ndarray of shape (1025, n_frames), float32
    sr : float
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (12, n_frames), float32
        The loudest class of each frame is 1; all 0 in silence. As ``librosa.feature.chroma_stft``.
    """
    classes = banded_matmul(_chroma_filters(sr, tuning(power, sr)), power)
    return classes / _or_one(classes.max(axis=0))


def tuning(power, sr):
    """Estimate how far the clip's pitches lie from the tempered scale at A 440 Hz.

    Parameters
    ----------
    power : ndarray of shape (1025, n_frames), float32
    sr : float

    Returns
    -------
    float
        In semitones from -0.5 to 0.5, in steps of 0.01: the fullest bin of a histogram, so a
        rounding difference can move it far when two are nearly as full. 0 without any peak.

    Notes
    -----
    As ``librosa.estimate_tuning``: peaks between 150 Hz and 4 kHz over a tenth of their frame's
    maximum, refined by a parabola; the louder half votes.
    """
    low, high = _PITCH_RANGE
    bins = np.arange(len(power)) * (sr / N_FFT)
    inside = np.flatnonzero((bins >= low) & (bins < min(high, sr / 2)))
    positions, heights = _peaks(power, inside[0], inside[-1] + 1, _PEAK_SHARE * power.max(axis=0))
    if not len(heights):
        return 0.0
    positions = positions[heights >= np.median(heights)]
    # In float32 from here on, as librosa: a histogram is only as equal as what it counts.
    frequencies = (positions * float(sr) / N_FFT).astype(np.float32)
    residual = np.mod(12 * np.log2(frequencies / _CONCERT_C), 1.0)
    residual[residual >= 0.5] -= 1.0
    counts, edges = np.histogram(residual, np.linspace(-0.5, 0.5, 101))
    return float(edges[np.argmax(counts)])


def pitch_class_filters(sr, tuning):
    """Give the weight of each bin in each pitch class, C first.

    Parameters
    ----------
    sr : float
        Sample rate in Hz.
    tuning : float
        In semitones.

    Returns
    -------
    ndarray of shape (12, 1025), float32
        ``librosa.filters.chroma``: bells around the class in every octave, each bin's weights of
        length 1, under a wide bell around the fifth octave. Written out here because librosa
        compiles for half a minute, once on each machine, before it answers.
    """
    frequencies = np.linspace(0, sr, N_FFT, endpoint=False)[1:]
    semitones = 12 * np.log2(frequencies / (440.0 * 2.0 ** (tuning / 12) / 16))
    # Bin 0 is given a place an octave and a half below bin 1.
    semitones = np.concatenate(([semitones[0] - 18], semitones))
    widths = np.append(np.maximum(np.diff(semitones), 1.0), 1.0)
    away = np.remainder(np.subtract.outer(np.arange(12.0), semitones), 12)
    bells = np.exp(-0.5 * (2 * np.minimum(away, 12 - away) / widths) ** 2)
    bells /= np.linalg.norm(bells, axis=0)
    bells *= np.exp(-0.5 * ((semitones / 12 - 5) / 2) ** 2)
    # Octaves were counted from A.
    return np.roll(bells, -3, axis=0)[:, : N_FFT // 2 + 1].astype(np.float32)


def tonnetz(chroma_rows):
    """Project chroma onto the circles of fifths, minor and major thirds.

    Parameters
    ----------
    chroma_rows : ndarray of shape (12, n_frames), float32

    Returns
    -------
    ndarray of shape (6, n_frames), float32
        As ``librosa.feature.tonnetz`` (Harte, Sandler and Gasser, 2006).
    """
    total = chroma_rows.sum(axis=0)
    return banded_matmul(_circles(), chroma_rows / _or_one(total))


@lru_cache(maxsize=1)
def _circles():
    turns = np.outer([7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3], np.arange(12))
    turns[::2] -= 0.5
    radius = np.array([1, 1, 1, 1, 0.5, 0.5])[:, None]
    return (radius * np.cos(np.pi * turns)).astype(np.float32)


@lru_cache(maxsize=128)
def _chroma_filters(sr, tuning):
    filters = pitch_class_filters(sr, tuning)
    # What a bin adds to a far class, under float32's resolution, is not worth the work.
    filters[filters < _RESOLUTION * filters.max(axis=0)] = 0
    return filters


def _or_one(norm):
    """Norms to divide by; a column of zeros stays as it is."""
    return np.where(norm > np.finfo(np.float32).tiny, norm, np.float32(1))


@ordered
def _peaks(power, start, stop, floor):
    """Positions (in bins, refined) and heights of local maxima above each frame's floor."""
    n_frames = power.shape[1]
    positions = np.empty((stop - start) * n_frames // 2 + n_frames)
    heights = np.empty(len(positions), np.float32)
    n_peaks = 0
    for k in range(start, stop):
        below, here, above = power[k - 1], power[k], power[k + 1]
        for f in range(n_frames):
            if here[f] > floor[f] and here[f] > below[f] and here[f] >= above[f]:
                slope = np.float32((above[f] - below[f]) / 2)
                shift = np.float32(_vertex(below[f], here[f], above[f]))
                positions[n_peaks] = k + shift
                heights[n_peaks] = here[f] + np.float32(0.5) * slope * shift
                n_peaks += 1
    return positions[:n_peaks], heights[:n_peaks]


@ordered
def _vertex(below, here, above):
    """Where the parabola through three neighbours peaks, from the middle one."""
    curvature = above + below - 2 * here
    slope = (above - below) / 2
    return 0.0 if abs(slope) >= abs(curvature) else -slope / curvature
