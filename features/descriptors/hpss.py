"""The harmonic and the percussive part of the mel spectrogram, and descriptors of each.

A tone stays in its band, a beat fills all bands at once: a median over time keeps the first, a
median over bands the second. All rows are shares and shapes, so a gain cancels.
"""

import numpy as np

from ..kernels.banded import BLOCK, ordered
from .spectral_shape import spectral_entropy, spectral_flux

WIDTH = 17
N_GROUPS = 8


def separate(magnitude):
    """Split a spectrogram into its harmonic and its percussive part.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bands, n_frames), float32

    Returns
    -------
    harmonic, percussive : ndarray of shape (n_bands, n_frames), float32
        Summing to ``magnitude``; as ``librosa.decompose.hpss(magnitude, kernel_size=17)``.

    References
    ----------
    Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010; soft masks of
    power 2.
    """
    along_time = np.ascontiguousarray(running_median(np.ascontiguousarray(magnitude.T)).T)
    along_bands = running_median(magnitude)
    return _apply_masks(magnitude, along_time, along_bands)


def running_median(rows):
    """Take the median of 17 neighbouring rows, column by column.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns), float32
        C-contiguous, not negative.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), float32
        Beyond the first and last rows the array goes on reflected, as
        ``scipy.ndimage.median_filter(rows, (17, 1))``.

    Notes
    -----
    Of nine values the smallest and the largest cannot be the median of all seventeen: they are
    dropped, another is taken in, and so on until one is left. All by min and max, so neighbouring
    columns go through together.
    """
    half = WIDTH // 2
    return _medians(np.pad(rows, ((half, half), (0, 0)), mode="symmetric"))


def hpss(mel):
    """Describe the two parts of a mel spectrogram, frame by frame.

    Parameters
    ----------
    mel : ndarray of shape (n_mels, n_frames), float32
        Powers.

    Returns
    -------
    ndarray of shape (15, n_frames), float64
        The harmonic part's share of the energy, over all bands and over eight groups of them; then
        for the harmonic and the percussive part each the centroid (in mel bands), entropy and flux.
        Silence has share and centroid 0.
    """
    parts = separate(np.sqrt(mel))
    energies = [part * part for part in parts]
    groups = [energy.reshape(N_GROUPS, -1, mel.shape[1]).sum(axis=1) for energy in energies]
    shares = _share(*groups)
    whole = _share(*(group.sum(axis=0, keepdims=True) for group in groups))
    described = [
        row
        for part, energy in zip(parts, energies, strict=True)
        for row in (_centroid(energy), spectral_entropy(part), spectral_flux(part))
    ]
    return np.concatenate([whole, shares, np.stack(described)])


def _share(harmonic, percussive):
    total = harmonic + percussive
    return harmonic / np.where(total > 0, total, np.float32(1))


def _centroid(energy):
    total = energy.sum(axis=0, dtype=np.float64)
    return np.arange(len(energy)) @ energy / np.where(total > 0, total, 1.0)


@ordered
def _apply_masks(magnitude, along_time, along_bands):
    n_bands, n_frames = magnitude.shape
    harmonic = np.empty((n_bands, n_frames), np.float32)
    percussive = np.empty((n_bands, n_frames), np.float32)
    half = np.float32(0.5)
    for k in range(n_bands):
        for f in range(n_frames):
            # Scaled by the larger one first: squares of faint magnitudes would vanish.
            largest = max(along_time[k, f], along_bands[k, f])
            h = along_time[k, f] / largest
            p = along_bands[k, f] / largest
            mask = h * h / (h * h + p * p) if largest > 0 else half
            harmonic[k, f] = magnitude[k, f] * mask
            percussive[k, f] = magnitude[k, f] * (1 - mask)
    return harmonic, percussive


@ordered
def _medians(padded):
    n_rows, n_columns = len(padded) - WIDTH + 1, padded.shape[1]
    out = np.empty((n_rows, n_columns), np.float32)
    kept = np.empty((WIDTH // 2 + 2, BLOCK), np.float32)
    for start in range(0, n_columns, BLOCK):
        stop = min(start + BLOCK, n_columns)
        for i in range(n_rows):
            _median_of(padded[i : i + WIDTH, start:stop], kept, out[i, start:stop])
    return out


@ordered
def _median_of(window, kept, median):
    """Column medians of seventeen rows."""
    n = len(median)
    size = len(kept)
    for j in range(size):
        for f in range(n):
            kept[j, f] = window[j, f]
    arriving = size
    while True:
        _sink_extremes(kept[:size], n)
        # The smallest stands first and the largest last: neither is the median.
        if size == 3:
            break
        size -= 1
        for f in range(n):
            kept[0, f] = window[arriving, f]
        arriving += 1
    for f in range(n):
        median[f] = kept[1, f]


@ordered
def _sink_extremes(kept, n):
    """Move each column's smallest value to the first row, its largest to the last."""
    size = len(kept)
    for i in range(size // 2):
        _order(kept[i], kept[size - 1 - i], n)
    half = (size + 1) // 2
    for i in range(1, half):
        _order(kept[0], kept[i], n)
    for i in range(size // 2, size - 1):
        _order(kept[i], kept[size - 1], n)


@ordered
def _order(low, high, n):
    for f in range(n):
        a, b = low[f], high[f]
        low[f] = a if a < b else b
        high[f] = b if a < b else a
