"""Containers that estimators accept as ``X``: everything that holds one item per row.

Libraries that are not dependencies (polars, datasets) are recognised by what their objects have,
without importing them.
"""

import os
from collections.abc import Iterator, Mapping, Set

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from ..exceptions import ClipTypeError


def as_sequence(X, name="X"):
    """Return ``X`` as something that scikit-learn can index by row, as it is where possible.

    Parameters
    ----------
    X : list, tuple, array, pandas or polars column or table, or another sequence
    name : str, default="X"
        What messages call it.

    Returns
    -------
    X or list
        Lists, arrays, sparse matrices and pandas columns and tables are not changed, and neither
        are polars tables of several columns. A pandas Index, a polars column or table of a single
        column, and other sequences such as a column of a ``datasets.Dataset`` become a list.

    Raises
    ------
    ClipTypeError
        ``X`` is one path, a mapping, a set, an iterator or a table of another kind.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.utils.containers import as_sequence
    >>> as_sequence(pd.Index(["a.wav", "b.wav"]))
    ['a.wav', 'b.wav']
    """
    if isinstance(X, list | np.ndarray) or hasattr(X, "iloc") or issparse(X):
        return X
    _refuse_non_sequences(X, name)
    if isinstance(X, pd.Index):
        return X.tolist()
    if hasattr(X, "to_list"):
        return X.to_list()
    if hasattr(X, "to_pylist") and hasattr(X, "type"):
        return X.to_pylist()
    if hasattr(X, "to_series") and hasattr(X, "width"):
        return X.to_series().to_list() if X.width == 1 else X
    is_sequence = all(hasattr(X, name) for name in ("__len__", "__getitem__", "__iter__"))
    return list(X) if is_sequence and not hasattr(X, "shape") else X


def _refuse_non_sequences(X, name):
    expected = f"{name} must hold one clip or row per item"
    if isinstance(X, str | bytes | os.PathLike):
        raise ClipTypeError(f"{expected}. Got the single path {X!r}; pass it in a list: [{X!r}]")
    if hasattr(X, "column_names") and hasattr(X, "features"):
        # A datasets.Dataset; the columns of a DatasetDict are a mapping, by split.
        names = X.column_names
        example = f"X[{next(iter(names or ['audio']))!r}]"
        what = "split" if isinstance(names, Mapping) else "column"
        raise ClipTypeError(
            f"{expected}. Got a whole {type(X).__name__} with {what}s {', '.join(names or [])}; "
            f"pass the {what} that holds the audio, such as {example}"
        )
    if isinstance(X, Mapping):
        names = ", ".join(map(str, X))
        raise ClipTypeError(
            f"{expected}. Got a {type(X).__name__} with keys {names}; pass the list of clips in "
            "it, or a single clip in a list"
        )
    if isinstance(X, Set | Iterator):
        raise ClipTypeError(f"{expected}, in order. Got a {type(X).__name__}; pass list(X)")
    if hasattr(X, "collect") and hasattr(X, "lazy"):
        raise ClipTypeError(f"{expected}. Got a {type(X).__name__}; pass X.collect()")
