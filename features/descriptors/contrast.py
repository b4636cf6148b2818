"""Octave-based spectral contrast, by librosa's conventions."""

from functools import lru_cache
from itertools import pairwise

import numpy as np

from ..kernels.extremes import mean_extremes
from .family import descriptor
from .mel import power_to_db

# Upper edge of the lowest band, in Hz.
_LOWEST = 200.0
_N_OCTAVES = 6
_QUANTILE = 0.02


@descriptor("contrast", rows=_N_OCTAVES + 1, unit="dB", explanation="spectral peaks", standard=True)
def contrast(clip):
    """Peaks over valleys of the spectrum, by octave."""
    return compute_contrast(clip.magnitude, clip.sr)


@lru_cache(maxsize=8)
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
    tuple of (start, stop, n_extreme)
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
    return tuple(bands)


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
