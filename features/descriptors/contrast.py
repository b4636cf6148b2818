"""Octave-based spectral contrast (Jiang et al., ICME 2002), by librosa's conventions."""

from itertools import pairwise

import numpy as np

from ..kernels.banded import BLOCK, ordered
from .mel import power_to_db

_LOWEST = 200.0
_N_OCTAVES = 6
_QUANTILE = 0.02
_STEP = 3


def contrast_bands(sr, n_bins):
    """Lay out the seven bands: below 200 Hz, then six octaves, the last one open.

    Parameters
    ----------
    sr : float
        Sample rate in Hz. Up to 12.8 kHz, where the octaves would not fit and librosa refuses, the
        lowest edge shrinks with the rate: 200 Hz times ``sr`` / 22,050.
    n_bins : int

    Returns
    -------
    list of (start, stop, keep)
        Bins ``start`` to ``stop`` (excluded), and how many of them make a peak or a valley.
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
        keep = max(int(np.rint(_QUANTILE * (stop - start))), 1)
        # librosa counts the upper edge into the quantile but leaves it out of the band.
        bands.append((int(start), int(stop if last else stop - 1), keep))
    return bands


def contrast(magnitude, sr):
    """Compute the contrast of peaks and valleys in seven bands.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32
    sr : float
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (7, n_frames), float32
        In dB, of magnitudes taken as powers, each side cut 80 dB below its maximum over the clip,
        as librosa does.
    """
    bands = contrast_bands(sr, len(magnitude))
    sides = [_extremes(magnitude[start:stop], keep) for start, stop, keep in bands]
    valley = np.stack([low for low, _ in sides])
    peak = np.stack([high for _, high in sides])
    return (power_to_db(peak) - power_to_db(valley)).astype(np.float32)


@ordered
def _extremes(band, keep):
    """Mean of the ``keep`` smallest and of the ``keep`` largest values of each column."""
    n_frames = band.shape[1]
    valley, peak = np.empty(n_frames), np.empty(n_frames)
    for start in range(0, n_frames, BLOCK):
        _mean_largest(np.float32(-1), band, keep, start, valley[start : start + BLOCK])
        _mean_largest(np.float32(1), band, keep, start, peak[start : start + BLOCK])
    return -valley, peak


@ordered
def _mean_largest(sign, band, keep, start, means):
    """Mean of the ``keep`` largest values of ``sign`` times the columns from ``start`` on.

    Values climb a ladder of those kept so far, changing places by min and max: no branches, so that
    neighbouring columns go through together.
    """
    rungs = -(-keep // _STEP) * _STEP
    ladder = np.full((rungs, len(means)), -np.inf, np.float32)
    passing = np.empty((_STEP, len(means)), np.float32)
    for k in range(0, len(band), _STEP):
        for i in range(_STEP):
            value = passing[i]
            if k + i < len(band):
                row = band[k + i, start : start + len(means)]
                for f in range(len(means)):
                    value[f] = sign * row[f]
            else:
                value[:] = -np.inf
        for j in range(0, rungs, _STEP):
            _climb(ladder[j : j + _STEP], passing)
    for f in range(len(means)):
        total = 0.0
        for j in range(keep):
            total += ladder[j, f]
        means[f] = total / keep


@ordered
def _climb(ladder, passing):
    """Let three values of each column pass three rungs at once: they stay in registers."""
    top, middle, bottom = ladder[0], ladder[1], ladder[2]
    for f in range(len(top)):
        a, b, c = top[f], middle[f], bottom[f]
        for i in range(_STEP):
            value = passing[i, f]
            a, value = max(a, value), min(a, value)
            b, value = max(b, value), min(b, value)
            c, value = max(c, value), min(c, value)
            passing[i, f] = value
        top[f], middle[f], bottom[f] = a, b, c
