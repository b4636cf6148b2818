"""Greedy ensemble selection: repeatedly add the model that improves macro F1 most."""

from numbers import Real

import numpy as np

from ...utils.constraints import Constraint, at_least, check_value, is_number
from ..metrics import macro_f1_of_codes
from .base import Blend

_MIN_BAG_SIZE = 3
_CONSTRAINTS = {
    "n_steps": at_least(0),
    "n_bags": at_least(1),
    "bag_fraction": Constraint(lambda v: is_number(v, Real) and 0 < v <= 1, "a number in (0, 1]"),
}


class GreedyBlend(Blend):
    """Ensemble selection with replacement, for the macro F1 of the mean.

    In each bag the models are sorted by their own score, and the selection starts with the best few
    of them that score best together. Then the model that improves the score most is added, possibly
    again, and the best ensemble of the sequence is selected. The weight of a model is its share of
    the selections, averaged over bags. Ties in macro F1 are broken by the log loss.

    Parameters
    ----------
    n_steps : int, default=30
        Additions after the start.
    n_bags : int, default=20
        Each bag samples models without and clips with replacement: macro F1 jumps by whole clips,
        and a single selection would follow the jumps. ``sample_weight`` is the sampling probability
        of clips.
    bag_fraction : float, default=0.5
        Share of the models in a bag, in (0, 1]; a bag has at least three models, or all there are.
    random_state : int or Generator, default=0
        Of the bags.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    weights_ : Series of shape (n_models,)

    See Also
    --------
    NonNegativeBlend : Weights by least squares.
    MeanBlend : Equal weights.

    References
    ----------
    Caruana, R., Niculescu-Mizil, A., Crew, G., Ksikes, A. (2004). Ensemble selection from libraries
    of models. ICML. Sampling clips as well as models is an addition: with three models all bags
    would be equal.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.blending import GreedyBlend
    >>> y = np.arange(9) % 3
    >>> right, wrong = 0.4 * np.eye(3)[y] + 0.2, 0.4 * np.eye(3)[(y + 1) % 3] + 0.2
    >>> GreedyBlend(n_bags=2).fit(np.hstack([right, wrong]), y).weights_.tolist()
    [1.0, 0.0]
    """

    def __init__(self, *, n_steps=30, n_bags=20, bag_fraction=0.5, random_state=0):
        self.n_steps = n_steps
        self.n_bags = n_bags
        self.bag_fraction = bag_fraction
        self.random_state = random_state

    def compute_weights(self, proba, y, sample_weight=None):
        """Select ensembles in all bags.

        Raises
        ------
        UsageError
            A parameter is out of range.
        """
        for name, constraint in _CONSTRAINTS.items():
            check_value(name, getattr(self, name), constraint)
        rng, (n_models, n, _) = np.random.default_rng(self.random_state), proba.shape
        bag_size = max(round(self.bag_fraction * n_models), min(_MIN_BAG_SIZE, n_models))
        weights = np.zeros(n_models)
        shares = None if sample_weight is None else sample_weight / sample_weight.sum()
        for _ in range(self.n_bags):
            clips = rng.choice(n, size=n, p=shares)
            models = np.sort(rng.permutation(n_models)[:bag_size])
            counts = _select_ensemble(proba[np.ix_(models, clips)], y[clips], self.n_steps)
            weights[models] += counts / counts.sum()
        return weights / weights.sum()


def _select_ensemble(proba, y, n_steps):
    """Count how often each model is in the best ensemble found.

    Parameters
    ----------
    proba : ndarray of shape (n_models, n, n_classes)
    y : ndarray of shape (n,), int
    n_steps : int

    Returns
    -------
    ndarray of shape (n_models,), int
    """
    counts = _initial_ensemble(proba, y)
    total, best = np.tensordot(counts, proba, axes=1), None
    for step in range(n_steps + 1):
        score = _score_sums(total[None], y)[0]
        if best is None or score > best[0]:
            best = score, counts.copy()
        if step < n_steps:
            added = _argmax(_score_sums(total + proba, y))
            counts[added] += 1
            total = total + proba[added]
    return best[1]


def _initial_ensemble(proba, y):
    """Count the best models, as many as score best together."""
    scores = _score_sums(proba, y)
    order = sorted(range(len(proba)), key=scores.__getitem__, reverse=True)
    size = _argmax(_score_sums(np.cumsum(proba[order], axis=0), y)) + 1
    return np.bincount(order[:size], minlength=len(proba))


def _score_sums(sums, y):
    """Score sums of probabilities by macro F1, then by the negative log loss."""
    f1 = macro_f1_of_codes(y, sums.argmax(axis=-1), sums.shape[-1])
    true = np.take_along_axis(sums, y[None, :, None], axis=-1)[..., 0] / sums.sum(axis=-1)
    log_loss = -np.log(np.maximum(true, np.finfo(float).tiny)).mean(axis=-1)
    return list(zip(f1, -log_loss, strict=True))


def _argmax(scores):
    return max(range(len(scores)), key=scores.__getitem__)
