"""Playback of a stem at another rate, by resampling or by a time stretch that keeps the pitch.

Resampling is soxr's, and the stretches are Signalsmith's and the one in :mod:`.wsola`. The bytes of
the first two depend on the versions of these libraries. Linear interpolation, the default of
mashups, is in :mod:`.kernels`.
"""

import math

import numpy as np
import soxr
from python_stretch import Signalsmith

from .wsola import wsola

# Extra audio read on both sides of an excerpt, so that filters and windows have settled.
_MARGIN_SECONDS = 0.25
# The stretch randomises phases; a fixed seed makes the result repeatable.
_SEED = 0


def change_speed(samples, rate, sr):
    """Change speed and pitch together by soxr's high-quality filter.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    rate : float
        Input samples per output sample.
    sr : int
        Not used; the same signature as :func:`stretch`.

    Returns
    -------
    ndarray of shape (about n_samples / rate,), float32
    """
    return soxr.resample(samples, rate, 1.0, quality="HQ")


def stretch(samples, rate, sr):
    """Change the speed and keep the pitch by the cheaper preset of Signalsmith Stretch.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    rate : float
        Input samples per output sample.
    sr : int
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (about n_samples / rate,), float32
    """
    stretcher = Signalsmith.Stretch(_SEED)
    stretcher.preset(1, float(sr), True)
    stretcher.setTimeFactor(rate)
    return stretcher.process(samples[None])[0]


_METHODS = {"resample": change_speed, "stretch": stretch, "wsola": wsola}


def read_at_rate(source, start, length, rate, mode, sr):
    """Read an excerpt of a source at a playback rate.

    Parameters
    ----------
    source : AudioSource
    start, length : int
        The excerpt, in samples after the change of speed.
    rate : float
        Input samples per output sample.
    mode : {"resample", "stretch", "wsola"}
    sr : int
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (length,), float32
        Aligned to half a sample, for ``"wsola"`` as :func:`.wsola` says; zeros after the end of the
        source.
    """
    margin = round(_MARGIN_SECONDS * sr)
    first = max(0, round((start - margin) * rate))
    last = math.ceil((start + length + margin) * rate) + 1
    converted = _METHODS[mode](source.read(first, last), rate, sr)
    begin = round(start - first / rate)
    excerpt = converted[begin : begin + length]
    return np.pad(excerpt, (0, length - len(excerpt)))
