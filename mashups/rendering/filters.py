"""Limiting a clip to a range of frequencies."""

import numpy as np
import scipy.signal
import soxr

_ORDER = 4


def low_pass(clip, sr, cutoff):
    """Take away what is above a cutoff, as a detour over a file of a lower rate does.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    cutoff : float
        In Hz: half of the lower rate. The level falls from nine tenths of it on.

    Returns
    -------
    ndarray of shape (n_samples,), float32
        The clip itself when the cutoff is at half of ``sr`` or above.
    """
    if 2 * cutoff >= sr:
        return clip
    detour = soxr.resample(soxr.resample(clip, sr, 2 * cutoff), 2 * cutoff, sr)[: len(clip)]
    return np.pad(detour, (0, len(clip) - len(detour)))


def band_pass(clip, sr, band):
    """Keep a band of frequencies, by a Butterworth filter of fourth order run forth and back.

    Parameters
    ----------
    clip : ndarray of shape (n_samples,), float32
    sr : int
        Sample rate in Hz.
    band : tuple of (float, float)
        The edges in Hz, at which the level has fallen by 6 dB. An upper edge at half of ``sr`` or
        above is none; a lower one there leaves nothing.

    Returns
    -------
    ndarray of shape (n_samples,), float32
    """
    low, high = band
    if 2 * low >= sr:
        return np.zeros_like(clip)
    edges, kind = (low, "highpass") if 2 * high >= sr else (band, "bandpass")
    sections = scipy.signal.butter(_ORDER, edges, kind, fs=sr, output="sos")
    # The default padding, unless the clip is too short to be padded by so much.
    padding = min(3 * (2 * len(sections) + 1), len(clip) - 1)
    filtered = scipy.signal.sosfiltfilt(sections, clip.astype(np.float64), padlen=padding)
    return filtered.astype(np.float32)
