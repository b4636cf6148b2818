"""Features that the final estimator sees beside what the models say."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from ..errors import UsageError


def fit_passthrough(passthrough, X):
    """Make ready what :func:`passed_features` needs: a fitted transformer, or what was given.

    Raises
    ------
    UsageError
        It is neither a bool, a list nor a transformer.
    """
    if hasattr(passthrough, "transform"):
        return clone(passthrough).fit(X)
    if not (isinstance(passthrough, bool) or np.iterable(passthrough)):
        raise UsageError(
            "The 'passthrough' must be True, False, a list of columns or a transformer. "
            f"Got {passthrough!r} instead."
        )
    return passthrough


def passed_features(passthrough, X):
    """Give the features that pass the models by.

    Parameters
    ----------
    passthrough : bool, list of columns, or fitted transformer
        All columns of ``X``, those named or numbered, or what the transformer makes of ``X``.
    X : sequence of clips or array-like of shape (n, n_features)

    Returns
    -------
    ndarray of shape (n, n_passed)

    Raises
    ------
    UsageError
        Columns are asked for where there are none, or that are not there.
    """
    if hasattr(passthrough, "transform"):
        return _as_array(passthrough.transform(X))
    X = X if hasattr(X, "ndim") else np.asarray(X)
    if X.ndim != 2:
        raise UsageError(
            "The 'passthrough' of columns needs X with columns; got clips. Give a transformer over "
            "clips instead, such as SpectralFeatures."
        )
    return _as_array(X if passthrough is True else _choose(X, list(passthrough)))


def _choose(X, columns):
    try:
        return _safe_indexing(X, columns, axis=1)
    except (ValueError, LookupError) as error:
        raise UsageError(
            f"The 'passthrough' names columns that X lacks: {columns} ({error})"
        ) from error


def _as_array(features):
    return features.toarray() if issparse(features) else np.asarray(features)
