"""Energy by octave: its share of each frame, and its variation within texture windows of 1 s."""

from functools import lru_cache

import numpy as np

from ...audio.levels import power_ratio_to_db
from ..kernels.banded import banded_matmul, banded_matrix
from .family import descriptor, numbered
from .mel import power_to_db

N_OCTAVES = 8
# Upper edge of the lowest octave, in Hz.
_LOWEST = 100.0
_TEXTURE_SECONDS = 1.0


@descriptor("octaves", rows=N_OCTAVES, unit="dB", explanation="balance of octaves")
def octaves(clip):
    """Shares of eight octaves in the power of each frame."""
    return octave_shares(clip.compute(powers_of_clip))


@descriptor(
    "texture",
    rows=[*numbered("texture_level", N_OCTAVES), *numbered("texture_change", N_OCTAVES)],
    unit="dB",
    explanation="texture",
)
def texture(clip):
    """Deviation of octave levels, and of their changes, within a second."""
    return compute_texture(clip.compute(powers_of_clip), clip.frame_rate)


def powers_of_clip(clip):
    """Return the octave powers of a clip that both families share."""
    return octave_powers(clip.magnitude, clip.bin_width)


def octave_powers(magnitude, bin_width):
    """Sum powers over octaves: up to 100 Hz, 100 to 200 Hz, …; the last is open.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames), float32
    bin_width : float
        Distance of two frequency bins in Hz.

    Returns
    -------
    ndarray of shape (8, n_frames), float32
        Octaves beyond half the sample rate are 0.
    """
    return banded_matmul(_octave_matrix(len(magnitude), bin_width), magnitude, squared=True)


def octave_shares(octaves):
    """Compute the share of each octave in the power of the frame.

    Parameters
    ----------
    octaves : ndarray of shape (8, n_frames), float32
        Powers.

    Returns
    -------
    ndarray of shape (8, n_frames), float32
        In dB relative to the frame, from -80 to 0; 0 in silence. A gain cancels.
    """
    total = octaves.sum(axis=0)
    share = octaves / np.where(total > 0, total, np.float32(1))
    decibels = power_ratio_to_db(np.maximum(share, np.float32(1e-8)))
    return np.where(total > 0, decibels, np.float32(0))


def compute_texture(octaves, frame_rate):
    """Compute the deviation of each octave's level, and of its changes, within a second.

    Parameters
    ----------
    octaves : ndarray of shape (8, n_frames), float32
        Powers.
    frame_rate : float
        Frames per second.

    Returns
    -------
    ndarray of shape (16, n_windows), float64
        Standard deviations over half-overlapping texture windows of 1 s: of the eight levels in dB,
        then of their differences from frame to frame. A shorter clip is one window.

    References
    ----------
    Tzanetakis and Cook, "Musical genre classification of audio signals", IEEE TSAP 2002 (analysis
    frames within texture windows of 1 s).
    """
    levels = power_to_db(octaves).astype(np.float64)
    changes = np.diff(levels, axis=1, prepend=levels[:, :1])
    width = min(max(round(_TEXTURE_SECONDS * frame_rate), 1), levels.shape[1])
    rows = np.concatenate([levels, changes])
    windows = np.lib.stride_tricks.sliding_window_view(rows, width, axis=1)
    return windows[:, :: max(width // 2, 1)].std(axis=-1)


@lru_cache(maxsize=8)
def _octave_matrix(n_bins, bin_width):
    edges = _LOWEST * 2.0 ** np.arange(N_OCTAVES - 1)
    octave = np.digitize(np.arange(n_bins) * bin_width, edges)
    return banded_matrix((octave == np.arange(N_OCTAVES)[:, None]).astype(np.float32))
