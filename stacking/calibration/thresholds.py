"""Class thresholds for macro F1: one additive offset on the log-probability of each class."""

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ...utils.constraints import at_least, check_value
from ..check_proba import check_labelled_proba, check_proba, log_proba
from ..folds import check_folds
from ..metrics import macro_f1, macro_f1_of_counts, paired_difference


class ClassThresholds(TransformerMixin, BaseEstimator):
    """Offsets on log-probabilities that maximise macro F1, applied only if the gain is confirmed.

    Coordinate ascent: in each round every class in turn gets its best offset, found exactly among
    all offsets that change a prediction. Offsets are learnt without each fold in turn; their mean
    is applied if the nested gain is above 0 in 95 % of bootstrap samples. Without this condition
    half of all useless offsets would seem to gain.

    Parameters
    ----------
    n_rounds : int, default=5
        Maximum number of rounds; the ascent ends when a round changes nothing.
    bound : float, default=1.5
        Largest absolute offset; 1.5 is a factor of 4.5 on a probability.

    Attributes
    ----------
    offsets_ : ndarray of shape (n_classes,)
        With mean 0; all 0 if they are not applied.
    gain_ : float
        Nested gain: macro F1 with each fold predicted by offsets learnt on the others, minus macro
        F1 without offsets.
    optimism_ : float
        Mean gain on the clips from which the offsets were learnt, minus the nested gain.
    low_ : float
        Lower limit of the nested gain, exceeded in 95 % of bootstrap samples.
    applied_ : bool
        Whether ``low_`` is above 0.

    See Also
    --------
    sklearn.model_selection.TunedThresholdClassifierCV : The threshold of two classes.
    PredictionAdjuster : Applies them together with other adjustments.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.calibration import ClassThresholds
    >>> y = np.arange(200) % 2
    >>> proba = np.where(y[:, None] == 0, [0.9, 0.1], [0.6, 0.4])  # class 1 is never predicted
    >>> thresholds = ClassThresholds().fit(proba, y, folds=np.arange(200) // 2 % 5)
    >>> thresholds.applied_, thresholds.transform(proba).argmax(axis=1)[:4].tolist()
    (True, [0, 1, 0, 1])
    """

    def __init__(self, *, n_rounds=5, bound=1.5):
        self.n_rounds = n_rounds
        self.bound = bound

    def fit(self, proba, y, folds, groups=None):
        """Learn the offsets.

        Parameters
        ----------
        proba : array-like of shape (n, n_classes)
            Out-of-fold probabilities, classes sorted.
        y : array-like of shape (n,)
        folds : array-like of shape (n,), int
        groups : array-like of shape (n,), optional
            Songs, which the bootstrap samples as a whole.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The table does not fit the labels, or there is one fold only.
        UsageError
            A parameter is out of range.
        """
        check_value("n_rounds", self.n_rounds, at_least(0))
        check_value("bound", self.bound, at_least(0.0))
        proba, codes, classes = check_labelled_proba(proba, y)
        logs, folds = log_proba(proba), check_folds(folds, len(codes))
        plain = logs.argmax(axis=1)
        offsets, gains, nested = [], [], np.empty_like(codes)
        for fold in np.unique(folds):
            train = folds != fold
            offsets.append(self._ascend(logs[train], codes[train]))
            predicted = (logs + offsets[-1]).argmax(axis=1)
            scores = [macro_f1(codes[train], labels[train]) for labels in (predicted, plain)]
            gains.append(scores[0] - scores[1])
            nested[~train] = predicted[~train]
        self.gain_, self.low_, _ = paired_difference(codes, nested, plain, groups, level=0.9)
        self.optimism_ = float(np.mean(gains)) - self.gain_
        self.applied_ = self.low_ > 0
        self.offsets_ = np.mean(offsets, axis=0) if self.applied_ else np.zeros(len(classes))
        return self

    def transform(self, proba):
        """Apply the offsets, as probabilities of shape (n, n_classes)."""
        check_is_fitted(self, "offsets_")
        proba = check_proba(proba, len(self.offsets_))
        return softmax(log_proba(proba) + self.offsets_, axis=1)

    def _ascend(self, logs, y):
        offsets = np.zeros(logs.shape[1])
        for _ in range(self.n_rounds):
            before = offsets.copy()
            for k in range(len(offsets)):
                offsets[k] = best_offset(logs, offsets, y, k, self.bound)
            if np.array_equal(before, offsets):
                break
        return offsets - offsets.mean()


def best_offset(logs, offsets, y, k, bound):
    """Find the offset of class ``k`` with the highest macro F1, all other offsets being fixed.

    Clip ``i`` is predicted as ``k`` when the offset exceeds its margin. So the sorted margins give
    all possible predictions, and running counts give the macro F1 of each. Ties are broken by the
    smallest change.

    Parameters
    ----------
    logs : ndarray of shape (n, n_classes)
    offsets : ndarray of shape (n_classes,)
    y : ndarray of shape (n,), int
    k : int
    bound : float

    Returns
    -------
    float
        In [-bound, bound].
    """
    others = logs + offsets
    others[:, k] = -np.inf
    rival = others.argmax(axis=1)
    margins = others[np.arange(len(y)), rival] - logs[:, k]
    order = np.argsort(margins)
    scores = _scores_by_count(y[order], rival[order], k, logs.shape[1])
    edges = np.concatenate([[-np.inf], margins[order], [np.inf]])
    low, high = np.maximum(edges[:-1], -bound), np.minimum(edges[1:], bound)
    # Within an interval of equal predictions: the current offset if it is inside, else the middle.
    inside = (low < offsets[k]) & (offsets[k] < high)
    candidates = np.where(inside, offsets[k], (low + high) / 2)
    scores = np.where(low < high, scores, -np.inf)
    best = np.flatnonzero(scores == scores.max())
    return candidates[best[np.abs(candidates[best] - offsets[k]).argmin()]]


def _scores_by_count(y, rival, k, n_classes):
    """Score predicting the first 0, 1, … n clips as ``k``, and the others as their rival."""
    changes = np.zeros((len(y) + 1, 2, n_classes), dtype=int)
    rows = np.arange(1, len(y) + 1)
    hit = y == rival
    changes[0, 0] = np.bincount(rival, minlength=n_classes)
    changes[0, 1] = np.bincount(rival[hit], minlength=n_classes)
    np.add.at(changes, (rows, 0, rival), -1)
    np.add.at(changes, (rows[hit], 1, rival[hit]), -1)
    changes[rows, 0, k] += 1
    changes[rows[y == k], 1, k] += 1
    n_predicted, n_hits = np.moveaxis(np.cumsum(changes, axis=0), 1, 0)
    return macro_f1_of_counts(n_hits, np.bincount(y, minlength=n_classes), n_predicted)
