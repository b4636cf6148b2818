"""Clips: load, hash and check the objects that estimators accept as items of ``X``.

A clip is one piece of audio to classify: a path (``str`` or ``os.PathLike``), a 1-D float array,
or any object with ``load(sr) -> (n_samples,) float32`` and ``key() -> str`` (a mashup is one).
"""

import math
import os
import warnings
from functools import lru_cache, partial

import numpy as np

from ..exceptions import AudioError, AudioWarning, ClipTypeError
from ..utils.hashing import file_version, hash_bytes, hash_file
from ..utils.parallel import parallel_map
from .ffmpeg import log_use_of_ffmpeg
from .levels import scale_integers
from .reading import DEFAULT_SR, FAR_BEYOND_FULL_SCALE, check_peak, measure_clip, read_clip


def load_clip(clip, sr=DEFAULT_SR):
    """Load a clip as mono float32.

    Parameters
    ----------
    clip : path, ndarray of shape (n_samples,), or object with ``load(sr)``
        The samples of an array are taken to be at ``sr`` already. Integers of up to 32 bits are
        scaled by the range of their type, as those of files are.
    sr : int, default=22050
        Sample rate of the result in Hz.

    Returns
    -------
    ndarray of shape (n_samples,), float32

    Raises
    ------
    AudioError
        The file cannot be read, or the array is empty or not finite.
    ClipTypeError
        ``clip`` is none of the above.

    Warns
    -----
    AudioWarning
        Samples are far beyond [-1, 1].

    See Also
    --------
    read_clip : Reads files, with an offset and a duration.
    validate_clips : Validates the ``X`` of an estimator.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.audio import load_clip
    >>> load_clip(np.array([0.0, 0.5]))
    array([0. , 0.5], dtype=float32)
    """
    if isinstance(clip, str | os.PathLike):
        return read_clip(clip, sr)
    if isinstance(clip, np.ndarray):
        return _check_waveform(clip)
    if hasattr(clip, "load"):
        return clip.load(sr)
    raise _not_a_clip(clip)


def _not_a_clip(clip):
    return ClipTypeError(
        f"A clip must be a path, a 1-D float array or a mashup. Got {type(clip).__name__} instead."
    )


def clip_key(clip):
    """Hash the content of a clip; the name of a file does not matter.

    Parameters
    ----------
    clip : path, ndarray of shape (n_samples,), or object with ``key()``

    Returns
    -------
    str
        32 hexadecimal digits (BLAKE2b).

    Raises
    ------
    AudioError
        The file is missing or cannot be read.

    See Also
    --------
    load_clip : Loads a clip.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.audio import clip_key
    >>> clip_key(np.zeros(3)) == clip_key(np.zeros(3))
    True
    >>> clip_key(np.zeros(3)) == clip_key(np.ones(3))
    False
    """
    if isinstance(clip, str | os.PathLike):
        try:
            return _hash_version(os.fspath(clip), file_version(clip))
        except OSError as error:
            raise AudioError(clip, (error.strerror or "cannot be read").lower()) from error
        except ValueError as error:
            raise AudioError(clip, f"cannot be a path ({error})") from error
    if isinstance(clip, np.ndarray):
        return hash_bytes(np.ascontiguousarray(scale_integers(clip)))
    if hasattr(clip, "key"):
        return clip.key()
    raise _not_a_clip(clip)


def check_clips(clips, sr=DEFAULT_SR, *, n_jobs=None, advance=None):
    """Decode every clip once and return the problems of those that cannot be used.

    Parameters
    ----------
    clips : sequence of clips
    sr : int, default=22050
        Sample rate in Hz.
    n_jobs : int, optional
        Number of processes. None means 1, -1 all processors.
    advance : callable, optional
        Called with 1 after each clip.

    Returns
    -------
    list of (str or None)
        One per clip: its problem, or None.

    Warns
    -----
    AudioWarning
        For clips that are usable but truncated, or whose samples are not scaled to [-1, 1].

    See Also
    --------
    stemstack.datasets.doctor.check_dataset : Checks all files and tables of a data set.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.audio import check_clips
    >>> check_clips([np.zeros(100), "missing.wav"])
    [None, 'missing.wav: no such file']
    """
    return [problem for problem, _ in measure_clips(clips, sr, n_jobs=n_jobs, advance=advance)]


def measure_clips(clips, sr=DEFAULT_SR, *, max_samples=None, n_jobs=None, advance=None):
    """Decode every clip once and return its problem and its length.

    Files are decoded in blocks: the memory needed does not grow with their length.

    Parameters
    ----------
    clips : sequence of clips
    sr : int, default=22050
        Sample rate in Hz.
    max_samples : int, optional
        Largest number of samples of a file, as in :func:`read_clip`.
    n_jobs : int, optional
        Number of processes. None means 1, -1 all processors.
    advance : callable, optional
        Called with 1 after each clip.

    Returns
    -------
    list of (str or None, float)
        One per clip: its problem, or None, and its length in s; NaN for a clip with a problem.

    Warns
    -----
    AudioWarning
        As by :func:`check_clips`.
    """
    outcomes = []
    log_use_of_ffmpeg(clips)
    measure = partial(_measure, sr=sr, max_samples=max_samples)
    for outcome, caught in parallel_map(measure, clips, n_jobs=n_jobs, advance=advance):
        outcomes.append(outcome)
        # Workers return their warnings, as other processes cannot issue them here.
        for warning in caught:
            warnings.warn(warning, stacklevel=2)
    return outcomes


def _measure(clip, sr, max_samples):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if isinstance(clip, str | os.PathLike):
                seconds = measure_clip(clip, sr, max_samples=max_samples)
            else:
                seconds = len(load_clip(clip, sr)) / sr
        except AudioError as error:
            return (str(error), math.nan), []
    return (None, seconds), [warning.message for warning in caught]


@lru_cache(maxsize=65536)
def _hash_version(path, version):
    """Hash a file; its version is an argument so that a changed file is hashed again."""
    return hash_file(path)


def _check_waveform(clip):
    if clip.ndim != 1 or clip.dtype.kind not in "fiu":
        raise ClipTypeError(
            "A waveform must be a 1-D array of numbers. "
            f"Got shape {clip.shape} of {clip.dtype} instead."
        )
    if not len(clip):
        raise AudioError("waveform", "is empty: a clip needs at least one sample")
    clip = scale_integers(clip)
    if not np.isfinite(clip).all():
        raise AudioError("waveform", "has NaN or infinite samples")
    check_peak(clip, "waveform")
    return warn_if_unscaled(clip)


def warn_if_unscaled(samples):
    """Return samples; warn of unscaled integers, once, as the text is the same for each array."""
    if max(abs(samples.max()), abs(samples.min())) > FAR_BEYOND_FULL_SCALE:
        warnings.warn(
            "waveforms have samples far beyond full scale, which is 1; divide integer samples by "
            "their full scale, such as 32768, or pass them with their integer type",
            AudioWarning,
            stacklevel=3,
        )
    return samples
