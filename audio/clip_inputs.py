"""What estimators over clips accept as ``X``, decided here alone.

``X`` is a sequence with one clip per item, a column of such a sequence (pandas, polars, a
``datasets.Dataset``), or a 2-D array of numbers whose rows are waveforms. Besides paths, waveforms
and mashups, an item may hold samples with their rate, as libraries that read audio return them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn.utils.validation import validate_data

from ..exceptions import ClipTypeError
from ..utils.containers import as_sequence
from ..utils.hashing import content_key
from .clips import clip_key, load_clip, warn_if_unscaled
from .levels import scale_integers
from .reading import resample

_EXPECTED = "X must hold paths, 1-D arrays, (samples, rate) pairs or mashups"


def validate_clips(estimator, X, *, reset):
    """Validate the ``X`` of an estimator and convert it to a list of clips.

    Parameters
    ----------
    estimator : BaseEstimator
        Its ``n_features_in_`` is set when ``X`` is a 2-D array and ``reset`` is true.
    X : sequence of clips, column of a table, or array-like of shape (n_clips, n_samples)
        A clip is a path, a waveform (1-D), a mashup, a pair ``(samples, rate)`` or ``(rate,
        samples)``, or an item of an audio column of a ``datasets.Dataset``; a waveform is at the
        estimator's sample rate, samples with a rate are resampled to it. The column may be a list,
        an array of shape (n,) or (n, 1), a pandas or polars column or table with one column, or a
        column of a ``datasets.Dataset``. Numbers get scikit-learn's checks; integers of up to 32
        bits are scaled by the range of their type.
    reset : bool
        True in ``fit``, False in other methods.

    Returns
    -------
    list of clips
        Rows of a 2-D array are float32 arrays.

    Raises
    ------
    ValueError
        ``X`` is empty, a 1-D array of numbers, not finite, or has another width than in ``fit``.
    TypeError
        ``X`` is sparse.
    ClipTypeError
        An item is not a clip, or ``X`` is a single clip or a table of several columns.

    See Also
    --------
    load_clip : Loads one of the clips.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from stemstack.audio import validate_clips
    >>> validate_clips(BaseEstimator(), ["a.wav", "b.wav"], reset=True)
    ['a.wav', 'b.wav']
    >>> clip, = validate_clips(BaseEstimator(), [(np.zeros(8000), 8000)], reset=True)
    >>> clip.load(22050).shape
    (22050,)
    """
    if issparse(X):  # Named here: old versions of SciPy and scikit-learn fail on the way.
        raise TypeError("Sparse data was passed for X, but dense data is required.")
    X = as_sequence(X)
    items = _list_items(X)
    if items is None:
        rows = validate_data(estimator, X, reset=reset, dtype="numeric")
        return list(warn_if_unscaled(scale_integers(rows)))
    if not items:
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 clip is required.")
    return [_to_clip(item, number) for number, item in enumerate(items)]


@dataclass(frozen=True)
class SampledClip:
    """A clip of samples at their own rate.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
    rate : float
        In Hz.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.audio.clip_inputs import SampledClip
    >>> SampledClip(np.zeros(8000), 8000).load(16000).shape
    (16000,)
    """

    samples: np.ndarray
    rate: float

    def load(self, sr):
        """Return the samples at rate ``sr``."""
        return resample(load_clip(self.samples), self.rate, sr)

    def key(self):
        """Return a hash of the samples and their rate."""
        return content_key(samples=clip_key(self.samples), rate=float(self.rate))


def _list_items(X):
    """Return the items of ``X`` as a list, or None when ``X`` is to be read as a 2-D array."""
    if hasattr(X, "iloc"):
        return _list_column(X)
    if isinstance(X, np.ndarray):
        return _list_array(X)
    if hasattr(X, "width") and hasattr(X, "dtypes"):
        _refuse_text_columns(X.columns, [not dtype.is_numeric() for dtype in X.dtypes])
    if not isinstance(X, list):
        return None
    if _is_pair(X):
        raise ClipTypeError(f"{_EXPECTED}. Got one pair of samples and rate; pass it in a list")
    return X if not X or any(map(_is_clip, X)) else None


def _list_column(X):
    """Return the items of a pandas column or table of one column; None for numbers."""
    if X.ndim == 1:
        return None if pd.api.types.is_numeric_dtype(X.dtype) else X.tolist()
    if X.shape[1] == 1:
        return _list_column(X.iloc[:, 0])
    if len(X):
        _refuse_text_columns(X.columns, map(pd.api.types.is_string_dtype, X.dtypes))
    return None


def _refuse_text_columns(names, are_texts):
    """Raise an error if a table of several columns is not one of numbers."""
    texts = [name for name, is_text in zip(names, are_texts, strict=True) if is_text]
    if texts:
        raise ClipTypeError(
            f"X must be one column of clips. Got a table with columns "
            f"{', '.join(map(str, names))}; pass the column of clips, such as X[{texts[0]!r}]"
        )


def _list_array(X):
    """Return the items of an array of objects or strings; None for numbers."""
    if X.dtype.kind not in "OUS" or X.ndim not in (1, 2):
        return None
    if X.ndim == 1:
        return X.tolist()
    if X.shape[1] == 1:
        return _list_items(X[:, 0].tolist())
    if len(X) and _is_pair(X[0]):
        return [tuple(row) for row in X]
    if not X.size or not isinstance(X[0, 0], str | bytes | os.PathLike):
        return None
    raise ClipTypeError(
        f"X must be one column of clips. Got an array of shape {X.shape}; pass the column of clips,"
        " such as X[:, 0]"
    )


def _is_clip(item):
    """Return whether an item shows that ``X`` holds clips, rather than rows of numbers."""
    return (
        isinstance(item, str | bytes | os.PathLike | Mapping)
        or (hasattr(item, "__array__") and np.ndim(item) > 0)
        or any(hasattr(item, name) for name in ("load", "get_all_samples"))
        or _is_pair(item)
    )


def _is_pair(item):
    """Return whether an item is ``(samples, rate)`` or ``(rate, samples)``."""
    if not isinstance(item, tuple | list | np.ndarray) or len(item) != 2:
        return False
    return sum(map(_is_rate, item)) == 1 and any(hasattr(part, "__array__") for part in item)


def _is_rate(part):
    return isinstance(part, Real) and not isinstance(part, bool)


def _to_clip(item, number):
    """Convert an item to a path, a waveform or an object with ``load`` and ``key``."""
    if isinstance(item, str | os.PathLike) or hasattr(item, "load"):
        return item
    if isinstance(item, Mapping):
        return _from_mapping(item, number)
    if hasattr(item, "get_all_samples"):
        # torchcodec's decoder, which audio columns of datasets hold; its shape is (channels, n).
        decoded = item.get_all_samples()
        samples = np.asarray(decoded.data).mean(axis=0)
        return _with_rate(samples, decoded.sample_rate, number)
    if _is_pair(item):
        samples, rate = item if _is_rate(item[1]) else reversed(item)
        return _with_rate(samples, rate, number)
    if hasattr(item, "__array__") and np.ndim(item) > 0:
        return _to_waveform(item, number)
    raise ClipTypeError(f"{_EXPECTED}. Got {_describe(item)} as X[{number}].")


def _describe(item):
    if isinstance(item, bytes):
        return "bytes, which may be a path or audio (decode paths with os.fsdecode),"
    if item is None or (np.ndim(item) == 0 and pd.isna(item)):
        return f"a missing value ({item})"
    return type(item).__name__


def _from_mapping(item, number):
    """Convert an item of an audio column, decoded (array, sampling_rate) or not (path, bytes)."""
    if item.get("array") is not None and item.get("sampling_rate") is not None:
        return _with_rate(item["array"], item["sampling_rate"], number)
    if item.get("path") is not None and item.get("bytes") is None and os.path.exists(item["path"]):
        return item["path"]
    raise ClipTypeError(
        f"{_EXPECTED}. Got a dict with keys {', '.join(map(str, item))} as X[{number}]; it needs "
        "'array' and 'sampling_rate': decode the column first, with "
        "cast_column(NAME, datasets.Audio())"
    )


def _with_rate(samples, rate, number):
    if not 0 < rate < np.inf:
        raise ClipTypeError(f"The rate of X[{number}] must be above 0. Got {rate}.")
    return SampledClip(_to_waveform(samples, number), rate)


def _to_waveform(samples, number):
    samples = np.asarray(samples)
    if samples.ndim != 1:
        raise ClipTypeError(
            f"A waveform must be a 1-D array. Got shape {samples.shape} as X[{number}]; average "
            "its channels: samples.mean(axis=0) if they come first, axis=1 if last"
        )
    return samples
