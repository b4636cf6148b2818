"""Octave-based spectral contrast (Jiang et al., ICME 2002), by librosa's conventions."""

from itertools import pairwise

import numpy as np

from .decibels import power_to_db
from .kernels import BLOCK, ordered

_LOWEST = 200.0
_N_OCTAVES = 6
_QUANTILE = 0.02


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
    n_rows, n_frames = band.shape
    valley, peak = np.empty(n_frames), np.empty(n_frames)
    low, high = np.empty((keep, BLOCK), np.float32), np.empty((keep, BLOCK), np.float32)
    buffer = np.empty(BLOCK, np.float32)
    for start in range(0, n_frames, BLOCK):
        stop = min(start + BLOCK, n_frames)
        low[:], high[:] = np.inf, -np.inf
        # Sounds fade with frequency: in these orders most values come too late to be kept.
        for k in range(n_rows):
            _keep_larger(high, band[k, start:stop], buffer)
            _keep_smaller(low, band[n_rows - 1 - k, start:stop], buffer)
        _column_means(low, valley[start:stop])
        _column_means(high, peak[start:stop])
    return valley, peak


# Every value climbs a ladder of those kept so far, changing places by min and max: no branches, so
# that neighbouring columns go through together.


@ordered
def _keep_smaller(ladder, row, passing):
    last, wanted = ladder[-1], False
    for f in range(len(row)):
        wanted |= row[f] < last[f]
    if not wanted:
        return
    for f in range(len(row)):
        passing[f] = row[f]
    for j in range(len(ladder)):
        rung = ladder[j]
        for f in range(len(row)):
            a, b = rung[f], passing[f]
            rung[f] = a if a < b else b
            passing[f] = b if a < b else a


@ordered
def _keep_larger(ladder, row, passing):
    last, wanted = ladder[-1], False
    for f in range(len(row)):
        wanted |= row[f] > last[f]
    if not wanted:
        return
    for f in range(len(row)):
        passing[f] = row[f]
    for j in range(len(ladder)):
        rung = ladder[j]
        for f in range(len(row)):
            a, b = rung[f], passing[f]
            rung[f] = b if a < b else a
            passing[f] = a if a < b else b


@ordered
def _column_means(rows, means):
    for f in range(len(means)):
        total = 0.0
        for j in range(len(rows)):
            total += rows[j, f]
        means[f] = total / len(rows)
