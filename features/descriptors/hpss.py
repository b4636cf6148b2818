"""Harmonic and percussive components of the mel spectrogram, and descriptors of each.

A tone stays in its band, a beat fills all bands at once: a median over time selects the first, a
median over bands the second. All rows are shares and shapes, so a gain cancels.
"""

import numpy as np

from ..kernels.common import njit_ordered
from ..kernels.median import running_median
from .family import descriptor, numbered
from .spectral_shape import (
    compute_centroid_and_bandwidth,
    compute_entropy,
    compute_flux,
    spectral_moments,
)

N_GROUPS = 8
_ROWS = ["harmonic_share", *numbered("harmonic_share", N_GROUPS)]
_ROWS += [
    f"{component}_{row}"
    for component in ("harmonic", "percussive")
    for row in ("centroid", "entropy", "flux")
]


@descriptor("hpss", rows=_ROWS, explanation="tones and percussion")
def hpss(clip):
    """Share, centroid, entropy and flux of the harmonic and percussive components."""
    return compute_hpss(clip.mel)


def separate(magnitude):
    """Split a spectrogram into its harmonic and its percussive component.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bands, n_frames), float32

    Returns
    -------
    harmonic, percussive : ndarray of shape (n_bands, n_frames), float32
        Their sum is ``magnitude``. As ``librosa.decompose.hpss(magnitude, kernel_size=17)``.

    References
    ----------
    Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010; soft masks of
    power 2.
    """
    return _apply_masks(magnitude, running_median(magnitude.T).T, running_median(magnitude))


def compute_hpss(mel):
    """Compute descriptors of the two components of a mel spectrogram, frame by frame.

    Parameters
    ----------
    mel : ndarray of shape (n_mels, n_frames), float32
        Powers.

    Returns
    -------
    ndarray of shape (15, n_frames), float64
        Share of the energy that is harmonic, over all bands and over eight groups of them; then
        centroid (in mel bands), entropy and flux of the harmonic component, then of the percussive
        one. Silence has share and centroid 0.
    """
    components = separate(np.sqrt(mel))
    energies = [component * component for component in components]
    groups = [energy.reshape(N_GROUPS, -1, mel.shape[1]).sum(axis=1) for energy in energies]
    shares = _share(*groups)
    whole = _share(*(group.sum(axis=0, keepdims=True) for group in groups))
    described = [_describe(*both) for both in zip(components, energies, strict=True)]
    return np.concatenate([whole, shares, *described])


def _describe(component, energy):
    """Return centroid, entropy and flux of a component, of shape (3, n_frames)."""
    centroid, _ = compute_centroid_and_bandwidth(spectral_moments(energy), bin_width=1.0)
    flux = compute_flux(component, spectral_moments(component)[0])
    return np.stack([centroid, compute_entropy(component), flux])


def _share(harmonic, percussive):
    total = harmonic + percussive
    return harmonic / np.where(total > 0, total, np.float32(1))


@njit_ordered
def _apply_masks(magnitude, along_time, along_bands):
    n_bands, n_frames = magnitude.shape
    harmonic = np.empty((n_bands, n_frames), np.float32)
    percussive = np.empty((n_bands, n_frames), np.float32)
    half = np.float32(0.5)
    for k in range(n_bands):
        for f in range(n_frames):
            # Divided by the larger one first: squares of faint magnitudes would underflow.
            largest = max(along_time[k, f], along_bands[k, f])
            h = along_time[k, f] / largest
            p = along_bands[k, f] / largest
            mask = h * h / (h * h + p * p) if largest > 0 else half
            harmonic[k, f] = magnitude[k, f] * mask
            percussive[k, f] = magnitude[k, f] * (1 - mask)
    return harmonic, percussive
