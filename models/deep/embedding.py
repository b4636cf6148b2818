"""``EffNetEmbedding``: a backbone's pooled features as columns for any estimator."""

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ...audio import validate_clips
from ...errors import UsageError
from .estimator import DeepEstimator
from .parameters import add_parameters_of


class EffNetEmbedding(TransformerMixin, DeepEstimator):
    """Turn clips into a backbone's pooled features, pretrained as they are or fine-tuned first.

    Parameters
    ----------
    backbone : str, default="auto"
    fine_tune : bool, default=False
        Train the net on ``y`` before. Otherwise nothing is learnt, and the parameters of a training
        do not count.
    **others
        As in :class:`~stemstack.models.EffNetClassifier`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> make_pipeline(EffNetEmbedding(), LogisticRegression())  # doctest: +SKIP
    """

    @add_parameters_of(DeepEstimator)
    def __init__(self, backbone="auto", *, fine_tune=False, **others):
        super().__init__(backbone, **others)
        self.fine_tune = fine_tune

    def fit(self, X, y=None, groups=None):
        """Take the pretrained backbone or, with ``fine_tune``, train it first.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)
        y : array-like of shape (n_clips,), optional
            Classes; needed with ``fine_tune``.
        groups : array-like of shape (n_clips,), optional

        Returns
        -------
        self

        Raises
        ------
        UsageError
            A parameter is out of range, or ``y`` is missing.
        """
        if self.fine_tune:
            if y is None:
                raise UsageError("EffNetEmbedding(fine_tune=True) learns from classes: give y")
            return self._fit_classes(X, y, groups)
        validate_clips(self, X, reset=True)
        self.check_parameters()
        self._take_backbone()
        return self

    def transform(self, X):
        """Give the pooled features, averaged over the crops of each clip.

        Parameters
        ----------
        X : sequence of clips, or array-like of shape (n_clips, n_samples)

        Returns
        -------
        ndarray of shape (n_clips, n_features)
        """
        return self._outputs(X, embedding=True)

    def get_feature_names_out(self, input_features=None):
        """Name the columns ``embedding_0000`` and so on.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self, "state_")
        return np.array([f"embedding_{i:04d}" for i in range(self.n_embedding_)], dtype=object)
