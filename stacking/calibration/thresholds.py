"""A log offset a class, for macro F1: which class to say when the most probable is not the best."""

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ...exceptions import UsageError
from ..check_proba import check_labelled_proba, check_proba, log_proba
from ..folds import check_folds
from ..metrics import macro_f1, paired_difference
from ..metrics.f1 import macro_f1_of_counts


class ClassThresholds(TransformerMixin, BaseEstimator):
    """Shift each class's log-probability so that macro F1 is highest, if that holds out of sample.

    Coordinate ascent: in each round every class in turn gets the best offset there is for it, found
    exactly among all that change a decision. Offsets are learnt without each fold in turn; the mean
    of them is what is used, and it is used only if their nested gain is above 0 with some surety:
    of ten sets of offsets that are worth nothing, five seem to gain.

    Parameters
    ----------
    n_rounds : int, default=5
        At most; the ascent ends when a round changes nothing.
    bound : float, default=1.5
        Largest offset: a factor of 4.5 on a probability.

    Attributes
    ----------
    offsets_ : ndarray of shape (n_classes,)
        Mean 0; all 0 when they did not hold.
    gain_ : float
        Nested: macro F1 with each fold decided by offsets learnt on the others, minus macro F1
        without offsets.
    optimism_ : float
        By how much more they seemed to gain where they were learnt.
    low_ : float
        What the nested gain exceeds in 95 of 100 bootstrap draws.
    kept_ : bool
        Whether that is above 0.
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
            Songs, which the bootstrap draws as wholes.

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
        if self.n_rounds < 0 or self.bound < 0:
            raise UsageError(
                f"n_rounds and bound must be 0 or more. Got {self.n_rounds!r} and {self.bound!r}."
            )
        proba, codes, classes = check_labelled_proba(proba, y)
        logs, folds = log_proba(proba), check_folds(folds, len(codes))
        plain = logs.argmax(axis=1)
        learnt, gains, nested = [], [], np.empty_like(codes)
        for fold in np.unique(folds):
            seen = folds != fold
            learnt.append(self._climb(logs[seen], codes[seen]))
            decided = (logs + learnt[-1]).argmax(axis=1)
            scores = [macro_f1(codes[seen], labels[seen]) for labels in (decided, plain)]
            gains.append(scores[0] - scores[1])
            nested[~seen] = decided[~seen]
        self.gain_, self.low_, _ = paired_difference(codes, nested, plain, groups, level=0.9)
        self.optimism_ = float(np.mean(gains)) - self.gain_
        self.kept_ = self.low_ > 0
        self.offsets_ = np.mean(learnt, axis=0) if self.kept_ else np.zeros(len(classes))
        return self

    def transform(self, proba):
        """Give probabilities whose most probable class is the one to say."""
        check_is_fitted(self, "offsets_")
        proba = check_proba(proba, len(self.offsets_))
        return softmax(log_proba(proba) + self.offsets_, axis=1)

    def _climb(self, logs, y):
        offsets = np.zeros(logs.shape[1])
        for _ in range(self.n_rounds):
            before = offsets.copy()
            for k in range(len(offsets)):
                offsets[k] = _best_offset(logs, offsets, y, k, self.bound)
            if np.array_equal(before, offsets):
                break
        return offsets - offsets.mean()


def _best_offset(logs, offsets, y, k, bound):
    """Find the offset of class ``k`` of highest macro F1, the others' staying; ties stay close.

    Clip ``i`` is decided for ``k`` when the offset exceeds its margin, so sorted margins give every
    decision there is, and running counts the macro F1 of each.
    """
    others = logs + offsets
    others[:, k] = -np.inf
    rival = others.argmax(axis=1)
    margins = others[np.arange(len(y)), rival] - logs[:, k]
    order = np.argsort(margins)
    scores = _scores_by_number_taken(y[order], rival[order], k, logs.shape[1])
    edges = np.concatenate([[-np.inf], margins[order], [np.inf]])
    low, high = np.maximum(edges[:-1], -bound), np.minimum(edges[1:], bound)
    possible = low < high
    # In a stretch of equal decisions: where it is, if it is there, or the middle of the stretch.
    inside = (low < offsets[k]) & (offsets[k] < high)
    at = np.where(inside, offsets[k], (low + high) / 2)
    merits = np.where(possible, scores, -np.inf)
    best = np.flatnonzero(merits == merits.max())
    return at[best[np.abs(at[best] - offsets[k]).argmin()]]


def _scores_by_number_taken(y, rival, k, n_classes):
    """Macro F1 when the first 0, 1, … n clips are decided for ``k``, the others for their rival."""
    taken = np.zeros((len(y) + 1, 2, n_classes), dtype=int)
    rows = np.arange(1, len(y) + 1)
    hit = y == rival
    taken[0, 0] = np.bincount(rival, minlength=n_classes)
    taken[0, 1] = np.bincount(rival[hit], minlength=n_classes)
    np.add.at(taken, (rows, 0, rival), -1)
    np.add.at(taken, (rows[hit], 1, rival[hit]), -1)
    taken[rows, 0, k] += 1
    taken[rows[y == k], 1, k] += 1
    n_said, n_hit = np.moveaxis(np.cumsum(taken, axis=0), 1, 0)
    return macro_f1_of_counts(n_hit, np.bincount(y, minlength=n_classes), n_said)
