"""Writing demo files: 16-bit WAV and text, whole or not at all."""

from contextlib import contextmanager

import numpy as np
import soundfile

from ..atomic import atomic_path
from ..errors import DataError

_FULL_SCALE = 32767


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
    samples = np.round(np.clip(audio, -1, 1) * _FULL_SCALE).astype(np.int16)
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
