"""Write demo files atomically, and check parameters."""

from io import BytesIO
from numbers import Integral, Real

import numpy as np
import soundfile

from ...audio.levels import INT16_MAX
from ...exceptions import UsageError
from ...utils.atomic_write import write_bytes


def write_wav(path, audio, sr):
    """Write audio as 16-bit PCM.

    Parameters
    ----------
    path : pathlib.Path
        Its folder is created if it does not exist.
    audio : ndarray of shape (n_samples,) or (n_samples, n_channels)
        Samples beyond [-1, 1] are clipped.
    sr : int
        Sample rate in Hz.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    samples = np.round(np.clip(audio, -1, 1) * INT16_MAX).astype(np.int16)
    buffer = BytesIO()
    soundfile.write(buffer, samples, sr, subtype="PCM_16", format="WAV")
    write_bytes(path, buffer.getbuffer())


_SAMPLE_RATES = (8000, 192000)


def check_at_least(least, **parameters):
    """Check that parameters are numbers and not too small.

    Parameters
    ----------
    least : int or float
        The smallest allowed value; if it is an int, the parameters must be whole numbers.
    **parameters
        Values by name.

    Raises
    ------
    UsageError
    """
    kind, noun = (Integral, "a whole number") if isinstance(least, int) else (Real, "a number")
    for name, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, kind) or not value >= least:
            raise UsageError(f"{name} must be {noun}, at least {least:g}. Got {value!r} instead.")


def check_text(**parameters):
    """Check that parameters are text.

    Raises
    ------
    UsageError
    """
    for name, value in parameters.items():
        if not isinstance(value, str):
            raise UsageError(f"{name} must be text. Got {value!r} instead.")


def check_sample_rate(sr):
    """Check that a sample rate is a whole number of Hz between 8 and 192 kHz.

    Raises
    ------
    UsageError
    """
    low, high = _SAMPLE_RATES
    if isinstance(sr, bool) or not isinstance(sr, Integral) or not low <= sr <= high:
        raise UsageError(
            f"sr must be a whole number of Hz from {low} to {high}. Got {sr!r} instead."
        )
