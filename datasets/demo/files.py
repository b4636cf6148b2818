"""Writing demo files: 16-bit WAV and text, whole or not at all."""

from contextlib import contextmanager
from numbers import Integral, Real

import numpy as np
import soundfile

from ...audio.levels import INT16_MAX
from ...exceptions import DataError, UsageError
from ...utils.atomic_write import atomic_path


def write_wav(path, audio, sr):
    """Write audio as 16-bit PCM.

    Parameters
    ----------
    path : pathlib.Path
        Its folder is made when it is missing.
    audio : ndarray of shape (n_samples,) or (n_samples, n_channels)
        Samples beyond [-1, 1] are clipped.
    sr : int
        Sample rate in Hz.

    Raises
    ------
    DataError
        The file cannot be written.
    """
    samples = np.round(np.clip(audio, -1, 1) * INT16_MAX).astype(np.int16)
    with _whole(path) as draft, open(draft, "wb") as file:
        soundfile.write(file, samples, sr, subtype="PCM_16", format="WAV")


def write_text(path, text):
    """Write a UTF-8 text file.

    Parameters
    ----------
    path : pathlib.Path
        Its folder is made when it is missing.
    text : str

    Raises
    ------
    DataError
        The file cannot be written.
    """
    with _whole(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _whole(path):
    """Lend a draft beside ``path`` and put it in its place when the block has succeeded."""
    try:
        with atomic_path(path) as draft:
            yield draft
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}); "
            "give a folder that can be written to"
        ) from error


_SAMPLE_RATES = (8000, 192000)


def check_at_least(least, **parameters):
    """Refuse parameters that are too small, or not whole where ``least`` is.

    Parameters
    ----------
    least : int or float
        The smallest value allowed; a whole number asks for whole numbers.
    **parameters
        The values by name.

    Raises
    ------
    UsageError
    """
    kind, noun = (Integral, "a whole number") if isinstance(least, int) else (Real, "a number")
    for name, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, kind) or not value >= least:
            raise UsageError(f"{name} must be {noun}, at least {least:g}. Got {value!r} instead.")


def check_text(**parameters):
    """Refuse parameters that are not text.

    Raises
    ------
    UsageError
    """
    for name, value in parameters.items():
        if not isinstance(value, str):
            raise UsageError(f"{name} must be text. Got {value!r} instead.")


def check_sample_rate(sr):
    """Refuse a sample rate that is no whole number between 8 and 192 kHz.

    Raises
    ------
    UsageError
    """
    low, high = _SAMPLE_RATES
    if isinstance(sr, bool) or not isinstance(sr, Integral) or not low <= sr <= high:
        raise UsageError(
            f"sr must be a whole number of Hz from {low} to {high}. Got {sr!r} instead."
        )
