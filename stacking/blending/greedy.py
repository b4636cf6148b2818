"""Greedy ensemble selection: add the model that helps macro F1 most, again and again."""

import numpy as np

from ...exceptions import UsageError
from ..metrics.f1 import macro_f1_of_codes
from .base import Blend

_FEWEST_IN_A_BAG = 3


class GreedyBlend(Blend):
    """Select models with replacement for the macro F1 of their mean.

    In each bag the models are sorted by their own score; the best few of them that do best together
    are the start; then the model that helps most is added, and may be added again, and the best
    ensemble on the way is kept. A model's weight is how often it was taken, averaged over the bags.
    Between ensembles of equal macro F1 the log loss decides.

    Parameters
    ----------
    n_steps : int, default=30
        Additions after the start.
    n_bags : int, default=20
        A bag draws models without, and clips with replacement: macro F1 jumps by whole clips, and
        a single selection would follow the jumps. Heavier clips are drawn more often.
    bag_fraction : float, default=0.5
        Share of the models in a bag, in (0, 1]; a bag has three models at least, or all there are.
    random_state : int or Generator, default=0
        Of the bags.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_ : Series of shape (n_models,)

    References
    ----------
    Caruana, R., Niculescu-Mizil, A., Crew, G., Ksikes, A. (2004). Ensemble selection from libraries
    of models. ICML. Drawing clips as well as models is ours: three models leave no choice of bags.
    """

    def __init__(self, *, n_steps=30, n_bags=20, bag_fraction=0.5, random_state=0):
        self.n_steps = n_steps
        self.n_bags = n_bags
        self.bag_fraction = bag_fraction
        self.random_state = random_state

    def _learn(self, said, y, sample_weight):
        if not 0 < self.bag_fraction <= 1 or self.n_bags < 1 or self.n_steps < 0:
            raise UsageError(
                "bag_fraction must be in (0, 1], n_bags 1 or more, n_steps 0 or more. Got "
                f"{self.bag_fraction}, {self.n_bags} and {self.n_steps}."
            )
        rng, (n_models, n, _) = np.random.default_rng(self.random_state), said.shape
        n_drawn = max(round(self.bag_fraction * n_models), min(_FEWEST_IN_A_BAG, n_models))
        weights = np.zeros(n_models)
        share = None if sample_weight is None else sample_weight / sample_weight.sum()
        for _ in range(self.n_bags):
            clips = rng.choice(n, size=n, p=share)
            models = np.sort(rng.permutation(n_models)[:n_drawn])
            taken = _select(said[np.ix_(models, clips)], y[clips], self.n_steps)
            weights[models] += taken / taken.sum()
        return weights / weights.sum()


def _select(said, y, n_steps):
    """Count how often each model is in the best ensemble found.

    Parameters
    ----------
    said : ndarray of shape (n_models, n, n_classes)
    y : ndarray of shape (n,), int
    n_steps : int

    Returns
    -------
    ndarray of shape (n_models,), int
    """
    taken = _start(said, y)
    total, best = np.tensordot(taken, said, axes=1), None
    for step in range(n_steps + 1):
        score = _merits(total[None], y)[0]
        if best is None or score > best[0]:
            best = score, taken.copy()
        if step < n_steps:
            added = _best(_merits(total + said, y))
            taken[added] += 1
            total = total + said[added]
    return best[1]


def _start(said, y):
    """Take the best models, as many of them as do best together."""
    merits = _merits(said, y)
    order = sorted(range(len(said)), key=merits.__getitem__, reverse=True)
    n_taken = _best(_merits(np.cumsum(said[order], axis=0), y)) + 1
    return np.bincount(order[:n_taken], minlength=len(said))


def _merits(sums, y):
    """Judge sums of probabilities: macro F1, then minus the log loss."""
    f1 = macro_f1_of_codes(y, sums.argmax(axis=-1), sums.shape[-1])
    true = np.take_along_axis(sums, y[None, :, None], axis=-1)[..., 0] / sums.sum(axis=-1)
    log_loss = -np.log(np.maximum(true, np.finfo(float).tiny)).mean(axis=-1)
    return list(zip(f1, -log_loss, strict=True))


def _best(merits):
    return max(range(len(merits)), key=merits.__getitem__)
