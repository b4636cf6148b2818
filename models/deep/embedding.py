"""``EffNetEmbedding``: a backbone's pooled features as columns for any estimator."""

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ...audio import validate_clips
from .estimator import DeepEstimator


class EffNetEmbedding(TransformerMixin, DeepEstimator):
    """Turn clips into a backbone's pooled features, pretrained as they are or fine-tuned first.

    Parameters
    ----------
    backbone : str, default="auto"
    fine_tune : bool, default=False
        Train the net on ``y`` before. Otherwise nothing is learnt, and of the parameters only
        those of the log-mel, the crops and the backbone count.
    weights, sr, n_fft, hop_length, n_mels, crop_seconds, epochs, batch_size, learning_rate, \
backbone_rate, weight_decay, frozen, mixup, spec_augment, label_smoothing, class_weight, remix, \
patience, tta, cache, device, n_threads, random_state, verbose
        As in :class:`~stemstack.models.EffNetClassifier`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> make_pipeline(EffNetEmbedding(), LogisticRegression())  # doctest: +SKIP
    """

    def __init__(
        self,
        backbone="auto",
        *,
        fine_tune=False,
        weights="imagenet",
        sr=22050,
        n_fft=2048,
        hop_length=1024,
        n_mels=64,
        crop_seconds=10.0,
        epochs=8,
        batch_size=32,
        learning_rate=3e-3,
        backbone_rate=1.0,
        weight_decay=0.01,
        frozen="auto",
        mixup=0.0,
        spec_augment=0.0,
        label_smoothing=0.1,
        class_weight=None,
        remix=False,
        patience=None,
        tta=3,
        cache=None,
        device="auto",
        n_threads=None,
        random_state=None,
        verbose=False,
    ):
        super().__init__(
            backbone,
            weights=weights,
            sr=sr,
            n_fft=n_fft,
            hop_length=hop_length,
            n_mels=n_mels,
            crop_seconds=crop_seconds,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            backbone_rate=backbone_rate,
            weight_decay=weight_decay,
            frozen=frozen,
            mixup=mixup,
            spec_augment=spec_augment,
            label_smoothing=label_smoothing,
            class_weight=class_weight,
            remix=remix,
            patience=patience,
            tta=tta,
            cache=cache,
            device=device,
            n_threads=n_threads,
            random_state=random_state,
            verbose=verbose,
        )
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
        """
        if self.fine_tune:
            return self._fit_classes(X, y, groups)
        validate_clips(self, X, reset=True)
        self._check_params()
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
