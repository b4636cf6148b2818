"""Means without learnt weights: arithmetic, geometric, and of ranks."""

import numpy as np

from ...exceptions import UsageError
from .base import Blend

# A zero from one model should be strong evidence in a product, not a veto.
_MIN_PROBA = 1e-6
# Values that differ only by the order of a sum should tie.
_DIGITS = 12
_KINDS = ("arithmetic", "geometric", "rank")


class MeanBlend(Blend):
    """Mean of all models with equal weights.

    Parameters
    ----------
    kind : {"arithmetic", "geometric", "rank"}, default="arithmetic"
        ``geometric`` averages log-probabilities and suits models with independent errors. ``rank``
        replaces each probability by its rank among all probabilities of the model in training
        (with interpolation), so that only the order counts and not the confidence. Ranks, scaled to
        sum 1, determine the predicted class; they are not calibrated probabilities.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_ : Series of shape (n_models,)
        All equal.

    See Also
    --------
    GreedyBlend, NonNegativeBlend : Blends with learnt weights.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.blending import MeanBlend
    >>> proba = np.array([[0.8, 0.1, 0.1, 0.5, 0.5, 0.0], [0.2, 0.7, 0.1, 0.2, 0.8, 0.0],
    ...                   [0.1, 0.3, 0.6, 0.0, 0.4, 0.6]])
    >>> MeanBlend().fit(proba, ["a", "b", "c"]).predict_proba(proba)[0].round(2).tolist()
    [0.65, 0.3, 0.05]
    """

    def __init__(self, kind="arithmetic"):
        self.kind = kind

    def compute_weights(self, proba, y, sample_weight=None):
        """Return equal weights, and learn the ranks that ``kind="rank"`` needs."""
        if self.kind not in _KINDS:
            raise UsageError(f"kind must be one of {_KINDS}. Got {self.kind!r} instead.")
        if self.kind == "rank":
            self.ranks_ = [_learn_ranks(values, sample_weight) for values in proba]
        return np.full(len(proba), 1 / len(proba))

    def combine(self, proba):
        """Compute the mean of the models, as an array of shape (n, n_classes)."""
        if self.kind == "geometric":
            log_mean = np.log(np.maximum(proba, _MIN_PROBA)).mean(axis=0)
            return _normalise(np.exp(log_mean - log_mean.max(axis=1, keepdims=True)))
        if self.kind == "rank":
            ranks = [
                np.interp(p, *reference) for p, reference in zip(proba, self.ranks_, strict=True)
            ]
            return _normalise(np.mean(ranks, axis=0))
        return super().combine(proba)


def make_geometric_mean():
    """Make the blend ``geometric``, the geometric mean of the models' probabilities.

    See Also
    --------
    MeanBlend : The class behind it.

    Examples
    --------
    >>> from stemstack.stacking.blending import make_geometric_mean
    >>> make_geometric_mean()
    MeanBlend(kind='geometric')
    """
    return MeanBlend("geometric")


def make_rank_mean():
    """Make the blend ``rank``, the mean of the models' ranks.

    See Also
    --------
    MeanBlend : The class behind it.

    Examples
    --------
    >>> from stemstack.stacking.blending import make_rank_mean
    >>> make_rank_mean()
    MeanBlend(kind='rank')
    """
    return MeanBlend("rank")


def _learn_ranks(values, weights):
    """Return the distinct values, and the rank of each in (0, 1); ties get the mean rank."""
    distinct, positions = np.unique(np.round(values, _DIGITS), return_inverse=True)
    weights = None if weights is None else np.repeat(weights, values.shape[1])
    counts = np.bincount(positions.ravel(), weights)
    return distinct, (np.cumsum(counts) - counts / 2) / counts.sum()


def _normalise(values):
    return values / values.sum(axis=1, keepdims=True)
