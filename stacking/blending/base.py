"""The base class of blends: probabilities in blocks by model, and one weight per model."""

from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ...exceptions import DataError
from ...utils.targets import check_none_missing, check_sample_weight
from ...utils.threads import one_blas_thread
from ..check_proba import TOLERANCE, check_simplex


class Blend(ClassifierMixin, BaseEstimator):
    """Base class of blends: a weighted mean of probabilities.

    A subclass implements ``compute_weights``, and overrides ``combine`` if it does not combine
    probabilities by a weighted arithmetic mean.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_ : Series of shape (n_models,)
        Non-negative, with sum 1. Indexed by model where ``fit`` was given a DataFrame with columns
        ``<model>__<class>``, by ``model0, model1, …`` otherwise.

    See Also
    --------
    MeanBlend : Equal weights.
    GreedyBlend : Weights by ensemble selection.
    NonNegativeBlend : Weights by least squares.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.blending import Blend
    >>> class FirstModel(Blend):
    ...     def compute_weights(self, proba, y, sample_weight=None):
    ...         return np.eye(len(proba))[0]
    >>> X = np.array([[0.9, 0.1, 0.3, 0.7], [0.2, 0.8, 0.4, 0.6]])
    >>> FirstModel().fit(X, ["a", "b"]).predict_proba(X).tolist()
    [[0.9, 0.1], [0.2, 0.8]]
    """

    @one_blas_thread()
    def fit(self, X, y, sample_weight=None):
        """Learn the weights.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n, n_models * n_classes)
            Out-of-fold probabilities; of two classes possibly only the second: shape (n, n_models).
        y : array-like of shape (n,)
        sample_weight : array-like of shape (n,), optional
            Non-negative, not all 0: how often each clip counts. It has no effect on the means,
            which learn nothing from clips.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The columns are not blocks of probabilities, ``y`` holds one class, or a label or weight
            is missing.
        """
        check_none_missing(y, "label", "add it, or leave the row out")
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError("y holds 1 class; blending needs two or more")
        proba = model_blocks(X, len(self.classes_))
        if sample_weight is not None:
            sample_weight = check_sample_weight(sample_weight, len(X))
            counts = sample_weight > 0
            proba, codes, sample_weight = proba[:, counts], codes[counts], sample_weight[counts]
        self._weights = self.compute_weights(proba, codes, sample_weight)
        self._models = self._name_models(len(proba))
        return self

    def compute_weights(self, proba, y, sample_weight=None):
        """Compute the weights of the models; called by ``fit``.

        Parameters
        ----------
        proba : ndarray of shape (n_models, n, n_classes)
        y : ndarray of shape (n,), int
            Positions of the true classes.
        sample_weight : ndarray of shape (n,), optional
            Above 0.

        Returns
        -------
        ndarray of shape (n_models,)
            Non-negative, with sum 1.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement compute_weights")

    def combine(self, proba):
        """Combine the probabilities of the models; called by ``predict_proba``.

        Parameters
        ----------
        proba : ndarray of shape (n_models, n, n_classes)

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        return np.tensordot(self._weights, proba, axes=1)

    @property
    def weights_(self):
        """The weight of each model, as a Series."""
        # Built from an array and a list, which can be saved without code.
        return pd.Series(self._weights, self._models)

    @one_blas_thread()
    def predict_proba(self, X):
        """Blend probabilities.

        Parameters
        ----------
        X : array-like of shape (n, n_models * n_classes)

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        check_is_fitted(self, "classes_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.combine(model_blocks(X, len(self.classes_), len(self._weights)))

    def predict(self, X):
        """Predict the class of the highest blended probability, as an array of shape (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _name_models(self, n_models):
        if not hasattr(self, "feature_names_in_"):
            return [f"model{m}" for m in range(n_models)]
        first_of_block = self.feature_names_in_[:: len(self.feature_names_in_) // n_models]
        return [name.split("__")[0] for name in first_of_block]


def model_blocks(X, n_classes, n_models=None):
    """Split an out-of-fold table into one block of probabilities per model.

    Parameters
    ----------
    X : ndarray of shape (n, n_models * n_classes), or (n, n_models) for two classes
    n_classes : int
    n_models : int, optional
        If it is not given, the layout of two classes is inferred: where columns pair up to sum 1,
        each pair holds both probabilities of one model.

    Returns
    -------
    ndarray of shape (n_models, n, n_classes)

    Raises
    ------
    DataError
        The columns do not divide into models, or are not probabilities that sum to 1; or of two
        classes some models have both columns and others one.
    """
    if n_classes == 2 and not _has_both_classes(X, n_models):
        proba = np.stack([1 - X.T, X.T], axis=-1)
    elif X.shape[1] % n_classes:
        raise DataError(
            f"X has {X.shape[1]} columns, which is not a multiple of {n_classes} classes; pass "
            "predict_proba of every model and no other feature"
        )
    else:
        proba = X.reshape(len(X), -1, n_classes).swapaxes(0, 1)
    check_simplex(proba, "X")
    return proba


def _has_both_classes(X, n_models):
    """Return whether a table of two classes has a column for each of them."""
    if n_models is not None:
        return X.shape[1] == 2 * n_models
    if X.shape[1] % 2 == 0 and np.allclose(X[:, ::2] + X[:, 1::2], 1, atol=TOLERANCE):
        return True
    for i, j in combinations(range(X.shape[1]), 2):
        if np.allclose(X[:, i] + X[:, j], 1, atol=TOLERANCE):
            raise DataError(
                f"Columns {i} and {j} sum to 1, like the two classes of one model, but not all "
                "columns form such pairs; pass the second class of each model"
            )
    return False
