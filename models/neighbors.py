"""CosineNeighborsClassifier: k nearest neighbours by cosine distance, in numpy only.

A saved run may hold it: scikit-learn's classes of nearest neighbours are refused by the loader,
because their compiled code indexes memory by fitted arrays without checking them.
"""

from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

# Rows whose distances to all training rows are in memory at a time.
_AT_ONCE = 512
_MIN_DISTANCE = 1e-6


class CosineNeighborsClassifier(ClassifierMixin, BaseEstimator):
    """Classifier by the classes of the nearest training rows, by cosine distance.

    Parameters
    ----------
    n_neighbors : int, default=10
        Number of neighbours; all rows where there are fewer.
    weights : {"distance", "uniform"}, default="distance"
        Weight of a neighbour: the inverse of its distance, or the same for all.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    n_features_in_ : int

    See Also
    --------
    make_embed : Uses it with ``head="knn"``.

    Notes
    -----
    With the weights of the neighbours scaled to the sum :math:`k`, the probability of a class is
    :math:`(w_c + p_c) / (k + 1)`: :math:`w_c` is the weight of its neighbours and :math:`p_c` its
    share of the training rows. So no probability is 0, and its logarithm is finite.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.models.neighbors import CosineNeighborsClassifier
    >>> X = np.array([[1, 0], [2, 0.1], [0, 3], [0.1, 1]])
    >>> model = CosineNeighborsClassifier(n_neighbors=2).fit(X, ["right", "right", "up", "up"])
    >>> model.predict([[5, 1], [1, 5]]).tolist()
    ['right', 'up']
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "weights": [StrOptions({"distance", "uniform"})],
    }

    def __init__(self, n_neighbors=10, *, weights="distance"):
        self.n_neighbors = n_neighbors
        self.weights = weights

    def fit(self, X, y):
        """Store the directions and classes of the training rows.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)

        Returns
        -------
        self
        """
        self._validate_params()
        X, y = validate_data(self, X, y, dtype=[np.float32, np.float64])
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self._directions = _normalise(X)
        self._one_hot = np.eye(len(self.classes_))[codes]
        return self

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)

        Returns
        -------
        ndarray of shape (n_rows, n_classes), float64
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float32, np.float64], reset=False)
        parts = [self._proba(X[i : i + _AT_ONCE]) for i in range(0, len(X), _AT_ONCE)]
        return np.concatenate(parts)

    def predict(self, X):
        """Return the most probable class.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def _proba(self, X):
        distances = 1 - _normalise(X).astype(np.float64) @ self._directions.T.astype(np.float64)
        k = min(self.n_neighbors, len(self._directions))
        # Stable, so that ties do not depend on the rows predicted together.
        nearest = np.argsort(distances, axis=1, kind="stable")[:, :k]
        weights = np.ones(nearest.shape)
        if self.weights == "distance":
            weights /= np.take_along_axis(distances, nearest, axis=1).clip(_MIN_DISTANCE)
        weights *= k / weights.sum(axis=1, keepdims=True)
        votes = np.einsum("rk,rkc->rc", weights, self._one_hot[nearest])
        return (votes + self._one_hot.mean(axis=0)) / (k + 1)


def _normalise(X):
    """Scale rows to the length 1; rows of zeros are unchanged."""
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    return X / np.where(lengths > 0, lengths, 1)
