"""Energy by octave: its share of the frame, and how it moves within texture windows of a second."""

import numpy as np

from .mel import power_to_db

N_OCTAVES = 8
_LOWEST = 100.0
_TEXTURE_SECONDS = 1.0


def octave_powers(power, bin_width):
    """Sum the powers of octaves: up to 100 Hz, then 100 to 200, and so on; the last is open.

    Parameters
    ----------
    power : ndarray of shape (n_bins, n_frames), float32
    bin_width : float
        Hz from one bin to the next.

    Returns
    -------
    ndarray of shape (8, n_frames), float32
        Octaves beyond half the sample rate are 0.
    """
    edges = np.ceil(_LOWEST * 2.0 ** np.arange(N_OCTAVES - 1) / bin_width).astype(int)
    edges = np.concatenate([[0], np.minimum(edges, len(power)), [len(power)]])
    pooled = np.zeros((N_OCTAVES, power.shape[1]), np.float32)
    for octave in range(N_OCTAVES):
        for row in power[edges[octave] : edges[octave + 1]]:
            pooled[octave] += row
    return pooled


def octave_shares(octaves):
    """Compare each octave with the whole frame.

    Parameters
    ----------
    octaves : ndarray of shape (8, n_frames), float32
        Powers.

    Returns
    -------
    ndarray of shape (8, n_frames), float32
        In dB under the frame's power, down to -80; 0 in silence. A gain cancels.
    """
    total = octaves.sum(axis=0)
    share = octaves / np.where(total > 0, total, np.float32(1))
    return np.where(total > 0, 10 * np.log10(np.maximum(share, np.float32(1e-8))), np.float32(0))


def texture(octaves, frame_rate):
    """Measure how much each octave's level, and its change, varies within a second.

    Parameters
    ----------
    octaves : ndarray of shape (8, n_frames), float32
        Powers.
    frame_rate : float
        Frames per second.

    Returns
    -------
    ndarray of shape (16, n_windows), float64
        Standard deviations over half-overlapping texture windows: of the eight levels in dB, then
        of their differences from frame to frame. A clip under a second is one window.

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
