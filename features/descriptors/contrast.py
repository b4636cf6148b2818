"""Octave-based spectral contrast, by librosa's conventions."""

from itertools import pairwise

import numpy as np

from ..kernels.common import BLOCK, njit_ordered
from .family import descriptor
from .mel import power_to_db

# Upper edge of the lowest band, in Hz.
_LOWEST = 200.0
_N_OCTAVES = 6
_QUANTILE = 0.02
# Values and slots of the sorted buffer that are compared at a time, in registers.
_STEP = 3


@descriptor("contrast", rows=_N_OCTAVES + 1, unit="dB", explanation="spectral peaks", standard=True)
def contrast(clip):
    """Peaks over valleys of the spectrum, by octave."""
    return compute_contrast(clip.magnitude, clip.sr)


def contrast_bands(sr, n_bins):
    """Return the seven bands: below 200 Hz, then six octaves, the last one open.

    Parameters
    ----------
    sr : float
        Sample rate in Hz. Up to 12.8 kHz, where the octaves would not fit and librosa raises, the
        lowest edge shrinks with the rate: 200 Hz times ``sr`` / 22,050.
    n_bins : int

    Returns
    -------
    list of (start, stop, n_extreme)
        Bins ``start`` to ``stop`` (excluded), and the number of bins that a peak or valley is the
        mean of.
    """
    nyquist = sr / 2
    lowest = _LOWEST if nyquist > _LOWEST * 2 ** (_N_OCTAVES - 1) else _LOWEST * sr / 22050
    edges = np.concatenate([[0.0], lowest * 2.0 ** np.arange(_N_OCTAVES + 1)])
    frequencies = np.linspace(0, nyquist, n_bins)
    bands = []
    for octave, (low, high) in enumerate(pairwise(edges)):
        inside = np.flatnonzero((frequencies >= low) & (frequencies <= high))
        last = octave == _N_OCTAVES
        start = inside[0] - (octave > 0)
        stop = n_bins if last else inside[-1] + 1
        n_extreme = max(int(np.rint(_QUANTILE * (stop - start))), 1)
        # librosa counts the upper edge into the quantile but leaves it out of the band.
        bands.append((int(start), int(stop if last else stop - 1), n_extreme))
    return bands


def compute_contrast(magnitude, sr):
    """Compute the level difference of peaks and valleys in seven bands.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32
    sr : float
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (7, n_frames), float32
        In dB. As ``librosa.feature.spectral_contrast``: magnitudes are taken as powers, peaks and
        valleys are each cut off 80 dB below their maximum over the clip.

    References
    ----------
    Jiang et al., "Music type classification by spectral contrast feature", ICME 2002.
    """
    bands = contrast_bands(sr, len(magnitude))
    extremes = [mean_extremes(magnitude[start:stop], n) for start, stop, n in bands]
    valley = np.stack([low for low, _ in extremes])
    peak = np.stack([high for _, high in extremes])
    return (power_to_db(peak) - power_to_db(valley)).astype(np.float32)


@njit_ordered
def mean_extremes(band, n_extreme):
    """Return the means of the ``n_extreme`` smallest and largest values of each column."""
    n_frames = band.shape[1]
    valley, peak = np.empty(n_frames), np.empty(n_frames)
    for start in range(0, n_frames, BLOCK):
        _mean_largest(np.float32(-1), band, n_extreme, start, valley[start : start + BLOCK])
        _mean_largest(np.float32(1), band, n_extreme, start, peak[start : start + BLOCK])
    return -valley, peak


@njit_ordered
def _mean_largest(sign, band, n_largest, start, averages):
    """Average the largest values of ``sign`` times the columns from ``start`` on.

    Values are inserted into a sorted buffer of the largest so far by min and max: no branches, so
    neighbouring columns are processed together.
    """
    size = -(-n_largest // _STEP) * _STEP
    largest = np.full((size, len(averages)), -np.inf, np.float32)
    candidates = np.empty((_STEP, len(averages)), np.float32)
    for k in range(0, len(band), _STEP):
        for i in range(_STEP):
            value = candidates[i]
            if k + i < len(band):
                row = band[k + i, start : start + len(averages)]
                for f in range(len(averages)):
                    value[f] = sign * row[f]
            else:
                value[:] = -np.inf
        for j in range(0, size, _STEP):
            _insert(largest[j : j + _STEP], candidates)
    for f in range(len(averages)):
        total = 0.0
        for j in range(n_largest):
            total += largest[j, f]
        averages[f] = total / n_largest


@njit_ordered
def _insert(largest, candidates):
    """Insert three values into three slots of each column; the smaller ones go on."""
    top, middle, bottom = largest[0], largest[1], largest[2]
    for f in range(len(top)):
        a, b, c = top[f], middle[f], bottom[f]
        for i in range(_STEP):
            value = candidates[i, f]
            a, value = max(a, value), min(a, value)
            b, value = max(b, value), min(b, value)
            c, value = max(c, value), min(c, value)
            candidates[i, f] = value
        top[f], middle[f], bottom[f] = a, b, c
