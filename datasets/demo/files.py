"""Write demo files atomically, and check parameters."""

from io import BytesIO
from numbers import Integral

import numpy as np
import soundfile

from ...audio.levels import INT16_MAX
from ...utils.atomic_write import write_bytes
from ...utils.constraints import Constraint, at_least, check_value, is_number

_CONSTRAINTS = {
    "songs_per_genre": at_least(1),
    "clips_per_category": at_least(1),
    "seconds": at_least(1.0),
    "seed": at_least(0),
    "first_number": at_least(0),
    "sr": Constraint(
        lambda sr: is_number(sr, Integral) and 8000 <= sr <= 192000,
        "a whole number of Hz from 8000 to 192000",
    ),
    "pool": Constraint(lambda pool: isinstance(pool, str), "text"),
}


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


def check_parameters(**parameters):
    """Raise a UsageError unless every parameter of a demo data set is allowed."""
    for name, value in parameters.items():
        check_value(name, value, _CONSTRAINTS[name])
