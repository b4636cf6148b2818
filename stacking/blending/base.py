"""What all blends share: probabilities in, model by model, and one weight a model."""

from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from ...exceptions import DataError
from ..check_proba import TOLERANCE, check_probabilities


class Blend(ClassifierMixin, BaseEstimator):
    """Base of the blends: a weighted mean of probabilities.

    A child says in ``_learn`` how the weights come about.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_ : Series of shape (n_models,)
        At least 0, sum 1. Indexed by model where ``fit`` was given a DataFrame with columns
        ``<model>__<class>``, by ``model0, model1, …`` otherwise.
    """

    def fit(self, X, y, sample_weight=None):
        """Learn the weights.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n, n_models * n_classes)
            Out-of-fold probabilities; of two classes perhaps only the second: shape (n, n_models).
        y : array-like of shape (n,)
        sample_weight : array-like of shape (n,), optional
            At least 0, not all 0. How often a clip counts, where something is learnt from clips;
            means that learn nothing stay as they are.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The columns are not blocks of probabilities, or ``y`` holds one class.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError("y holds 1 class; blending needs two or more")
        said = model_blocks(X, len(self.classes_))
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
            counted = sample_weight > 0
            said, codes, sample_weight = said[:, counted], codes[counted], sample_weight[counted]
        self._weights = self._learn(said, codes, sample_weight)
        self._models = self._name_models(len(said))
        return self

    @property
    def weights_(self):
        """The weight of each model, as a Series made of what can be saved without code."""
        return pd.Series(self._weights, self._models)

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
        return self._combine(model_blocks(X, len(self.classes_), len(self._weights)))

    def predict(self, X):
        """Predict the class of the highest blended probability, as an array of shape (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _combine(self, said):
        return np.tensordot(self._weights, said, axes=1)

    def _name_models(self, n_models):
        if not hasattr(self, "feature_names_in_"):
            return [f"model{m}" for m in range(n_models)]
        first_of_block = self.feature_names_in_[:: len(self.feature_names_in_) // n_models]
        return [name.split("__")[0] for name in first_of_block]


def model_blocks(X, n_classes, n_models=None):
    """Cut an out-of-fold matrix into models.

    Parameters
    ----------
    X : ndarray of shape (n, n_models * n_classes), or (n, n_models) for two classes
    n_classes : int
    n_models : int, optional
        Where it is known. Of two classes it is found out otherwise: columns that are two by two
        one minus the other are both probabilities of a model.

    Returns
    -------
    ndarray of shape (n_models, n, n_classes)

    Raises
    ------
    DataError
        The columns do not divide into models, or are not probabilities that sum to 1; or of two
        classes some models have both columns and others one.
    """
    if n_classes == 2 and not _has_both(X, n_models):
        said = np.stack([1 - X.T, X.T], axis=-1)
    elif X.shape[1] % n_classes:
        raise DataError(
            f"X has {X.shape[1]} columns, which are not models of {n_classes} classes each; give "
            "predict_proba of every model and no other feature"
        )
    else:
        said = X.reshape(len(X), -1, n_classes).swapaxes(0, 1)
    check_probabilities(said, "X")
    return said


def _has_both(X, n_models):
    """Tell whether a table of two classes holds the first of them, too."""
    if n_models is not None:
        return X.shape[1] == 2 * n_models
    if X.shape[1] % 2 == 0 and np.allclose(X[:, ::2] + X[:, 1::2], 1, atol=TOLERANCE):
        return True
    for i, j in combinations(range(X.shape[1]), 2):
        if np.allclose(X[:, i] + X[:, j], 1, atol=TOLERANCE):
            raise DataError(
                f"Columns {i} and {j} are one minus the other, as the two classes of one model "
                "are, but not all columns come in such pairs; give the second class of each model"
            )
    return False
