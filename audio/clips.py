"""The clip contract: what an estimator of stemstack accepts as ``X``.

A clip is one piece of audio to classify: a path (``str`` or ``os.PathLike``), a 1-D float array,
or any object with ``load(sr) -> (n_samples,) float32`` and ``key() -> str`` (a mashup is one).
``X`` is a 1-D sequence of clips, a pandas column of them, or a 2-D array whose rows are waveforms.
"""

import os
import warnings
from functools import lru_cache, partial

import numpy as np
from sklearn.utils.validation import validate_data

from ..exceptions import AudioError, ClipTypeError
from ..utils.hashing import hash_bytes, hash_file
from ..utils.parallel import parallel_map
from .reading import DEFAULT_SR, read_clip


def load_clip(clip, sr=DEFAULT_SR):
    """Load any clip as mono float32.

    Parameters
    ----------
    clip : path, ndarray of shape (n_samples,), or object with ``load(sr)``
        An array is taken to be at ``sr`` already.
    sr : int, default=22050
        Sample rate in Hz.

    Returns
    -------
    ndarray of shape (n_samples,), float32

    Raises
    ------
    AudioError
        The file cannot be read, or the array is empty or not finite.
    ClipTypeError
        ``clip`` is none of the above.
    """
    if isinstance(clip, str | os.PathLike):
        return read_clip(clip, sr)
    if isinstance(clip, np.ndarray):
        return _check_waveform(clip)
    if hasattr(clip, "load"):
        return clip.load(sr)
    raise ClipTypeError(
        f"A clip must be a path, a 1-D float array or a mashup. Got {type(clip).__name__} instead."
    )


def clip_key(clip):
    """Name a clip by its content: the same audio has the same key under any file name.

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
    """
    if isinstance(clip, str | os.PathLike):
        try:
            stat = os.stat(clip)
            return _file_key(os.fspath(clip), stat.st_size, stat.st_mtime_ns)
        except OSError as error:
            raise AudioError(clip, (error.strerror or "cannot be read").lower()) from error
    if isinstance(clip, np.ndarray):
        return hash_bytes(np.ascontiguousarray(clip, dtype=np.float32))
    return clip.key()


def validate_clips(estimator, X, *, reset):
    """Turn ``X`` into a list of clips, with scikit-learn's checks on numeric input.

    Parameters
    ----------
    estimator : BaseEstimator
        Gets ``n_features_in_`` when ``X`` is a 2-D array and ``reset`` is true.
    X : sequence of clips, pandas column, or array-like of shape (n_clips, n_samples)
    reset : bool
        True in ``fit``, False afterwards.

    Returns
    -------
    list of clips
        Rows of a 2-D array come as float32 arrays.

    Raises
    ------
    ValueError
        ``X`` is empty, 1-D numbers, not finite, or of another width than in ``fit``.
    ClipTypeError
        An item is not a clip.
    """
    items = _clip_items(X)
    if items is None:
        rows = validate_data(estimator, X, reset=reset, dtype="numeric")
        return list(np.asarray(rows, dtype=np.float32))
    if not items:
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 clip is required.")
    for item in items:
        if not (isinstance(item, str | os.PathLike | np.ndarray) or hasattr(item, "load")):
            raise ClipTypeError(
                "X must hold paths, 1-D float arrays or mashups. "
                f"Got {type(item).__name__} instead."
            )
    return items


def _clip_items(X):
    """The clips of ``X`` as a list, or None when ``X`` is to be read as a 2-D array."""
    if hasattr(X, "iloc"):
        if X.ndim == 2 and not (X.shape[1] == 1 and X.dtypes.iloc[0].kind in "OUT"):
            return None
        column = X if X.ndim == 1 else X.iloc[:, 0]
        return None if column.dtype.kind in "iufcb" else column.tolist()
    if isinstance(X, np.ndarray):
        return X.tolist() if X.ndim == 1 and X.dtype.kind in "OUS" else None
    if isinstance(X, list | tuple):
        holds_clips = bool(X) and (
            isinstance(X[0], str | os.PathLike | np.ndarray) or hasattr(X[0], "load")
        )
        return list(X) if holds_clips else None
    return None


@lru_cache(maxsize=65536)
def _file_key(path, size, mtime_ns):
    # Size and time are part of the cache key only: a file that changes is hashed again.
    return hash_file(path)


def _check_waveform(clip):
    if clip.ndim != 1 or clip.dtype.kind not in "fiu":
        raise ClipTypeError(
            "A waveform must be a 1-D array of numbers. "
            f"Got shape {clip.shape} of {clip.dtype} instead."
        )
    if not len(clip):
        raise AudioError("waveform", "is empty: a clip needs at least one sample")
    clip = clip.astype(np.float32, copy=False)
    if not np.isfinite(clip).all():
        raise AudioError("waveform", "holds NaN or infinite samples")
    return clip


def check_clips(clips, sr=DEFAULT_SR, *, n_jobs=None, advance=None):
    """Decode every clip once, and say which cannot be used.

    Parameters
    ----------
    clips : sequence of clips
    sr : int, default=22050
        Sample rate in Hz.
    n_jobs : int, optional
        Processes.
    advance : callable, optional
        Called with the number of clips done since its last call.

    Returns
    -------
    list of (str or None)
        For each clip, what is wrong with it, or None.

    Warns
    -----
    AudioWarning
        For clips that are usable but cut short, re-issued from the workers.
    """
    problems = []
    for problem, noted in parallel_map(
        partial(_check, sr=sr), clips, n_jobs=n_jobs, advance=advance
    ):
        problems.append(problem)
        for warning in noted:
            warnings.warn(warning, stacklevel=2)
    return problems


def _check(clip, sr):
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        try:
            load_clip(clip, sr)
        except AudioError as error:
            return str(error), []
    return None, [warning.message for warning in noted]
