"""Means that learn no weights: arithmetic, geometric, and of ranks."""

import numpy as np

from ...exceptions import UsageError
from .base import Blend

# One model's flat zero shall be strong evidence in a product, not a veto.
_LEAST = 1e-6
# What differs only by the order of a sum shall tie.
_DIGITS = 12
_KINDS = ("arithmetic", "geometric", "rank")


class MeanBlend(Blend):
    """Average the models, all with one weight.

    Parameters
    ----------
    kind : {"arithmetic", "geometric", "rank"}, default="arithmetic"
        ``geometric`` averages log-probabilities and suits models that err independently; ``rank``
        replaces each probability by its rank among all that the model gave in training
        (interpolated between them), so that only the order a model puts them in counts, not how
        sure it claims to be. Ranks, scaled to sum to 1, decide classes; they are no calibrated
        probabilities.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_ : Series of shape (n_models,)
        All equal.

    Examples
    --------
    >>> import numpy as np
    >>> said = np.array([[0.8, 0.1, 0.1, 0.5, 0.5, 0.0], [0.2, 0.7, 0.1, 0.2, 0.8, 0.0],
    ...                  [0.1, 0.3, 0.6, 0.0, 0.4, 0.6]])
    >>> MeanBlend().fit(said, ["a", "b", "c"]).predict_proba(said)[0].round(2).tolist()
    [0.65, 0.3, 0.05]
    """

    def __init__(self, kind="arithmetic"):
        self.kind = kind

    def _learn(self, said, y, sample_weight):
        if self.kind not in _KINDS:
            raise UsageError(f"kind must be one of {_KINDS}. Got {self.kind!r} instead.")
        if self.kind == "rank":
            self.ranks_ = [_learn_ranks(values, sample_weight) for values in said]
        return np.full(len(said), 1 / len(said))

    def _combine(self, said):
        if self.kind == "geometric":
            log_mean = np.log(np.maximum(said, _LEAST)).mean(axis=0)
            return _to_sum_one(np.exp(log_mean - log_mean.max(axis=1, keepdims=True)))
        if self.kind == "rank":
            ranks = [np.interp(p, *known) for p, known in zip(said, self.ranks_, strict=True)]
            return _to_sum_one(np.mean(ranks, axis=0))
        return super()._combine(said)


def _learn_ranks(values, weights):
    """Find the rank, in (0, 1), of every value there is; ties take the middle."""
    known, places = np.unique(np.round(values, _DIGITS), return_inverse=True)
    each = None if weights is None else np.repeat(weights, values.shape[1])
    counts = np.bincount(places.ravel(), each)
    return known, (np.cumsum(counts) - counts / 2) / counts.sum()


def _to_sum_one(values):
    return values / values.sum(axis=1, keepdims=True)
