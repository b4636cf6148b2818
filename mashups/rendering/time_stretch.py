"""Reading a stem at another speed than its own, by soxr or by a stretch that keeps the pitch.

Linear interpolation, the third method, is in :mod:`.kernels`. The bytes that these
two give depend on the version of their library; linear interpolation's do not.
"""

import math

import numpy as np
import soxr

from ...exceptions import import_optional

# What is read before and after the part that is wanted, so that filters and windows have settled.
_LEAD_SECONDS = 0.25
# The stretch blurs phases at random; the same seed gives the same bytes.
_SEED = 0


def change_speed(samples, rate, sr):
    """Change speed and pitch together, with soxr's high-quality filter.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    rate : float
        Samples read for each one given.
    sr : int
        Not used; same signature as :func:`stretch`.

    Returns
    -------
    ndarray of about n_samples / rate samples, float32
    """
    return soxr.resample(samples, rate, 1.0, quality="HQ")


def stretch(samples, rate, sr):
    """Change the speed and keep the pitch, by Signalsmith's stretch in its cheaper preset.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,), float32
    rate : float
        Samples read for each one given.
    sr : int
        Sample rate in Hz.

    Returns
    -------
    ndarray of about n_samples / rate samples, float32

    Raises
    ------
    MissingExtraError
        The ``stretch`` extra is not installed.
    """
    signalsmith = import_optional("python_stretch", "stretch").Signalsmith
    stretcher = signalsmith.Stretch(_SEED)
    stretcher.preset(1, float(sr), True)
    stretcher.setTimeFactor(rate)
    return stretcher.process(samples[None])[0]


RETIMERS = {"resample": change_speed, "stretch": stretch}


def read_retimed(source, start, length, rate, mode, sr):
    """Read part of a source as it sounds at another speed.

    Parameters
    ----------
    source : AudioSource
    start, length : int
        The part wanted, in samples after the change of speed.
    rate : float
        Samples read for each one given.
    mode : {"resample", "stretch"}
    sr : int
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (length,), float32
        In time to half a sample; zeros where the source has ended.
    """
    lead = round(_LEAD_SECONDS * sr)
    first = max(0, round((start - lead) * rate))
    retimed = RETIMERS[mode](
        source.read(first, math.ceil((start + length + lead) * rate) + 1), rate, sr
    )
    begin = round(start - first / rate)
    part = retimed[begin : begin + length]
    return np.pad(part, (0, length - len(part)))
