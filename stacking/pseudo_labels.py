"""Pseudo-labels in rounds, each accepted only if it improves the score on held-out songs.

For each fold, the models that were not trained on its songs label the test, are refitted on their
most confident labels, and are scored on the songs of the fold, rendered like the test. The fold
serves as a simulated test with known labels: wrong pseudo-labels lower its score, and the round is
rolled back.
"""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from ..exceptions import DataError, UsageError
from ..utils.parallel import parallel_map
from ..utils.targets import check_labels
from ..utils.threads import one_blas_thread
from .calibration import TemperatureScaling
from .folds import check_folds, check_groups_in_folds
from .groups import warn_of_shared_recordings
from .metrics import macro_f1_of_codes, paired_difference
from .out_of_fold import check_classes, resolve_method

N_ROUNDS = 3
# A class may have this many times as many pseudo-labels as the rarest class (plus one) has.
_MAX_IMBALANCE = 2


@dataclass(frozen=True)
class Round:
    """Result of one round.

    Attributes
    ----------
    n_selected : float
        Number of test clips that were pseudo-labelled, averaged over folds.
    before, after : float
        Macro F1 on the held-out songs.
    low, high : float
        Quartiles of the gain over bootstrap samples of songs.
    accepted : bool
    by_class : dict of str to float
        ``n_selected`` by class.

    See Also
    --------
    pseudo_label : Runs the rounds.

    Examples
    --------
    >>> from stemstack.stacking.pseudo_labels import Round
    >>> Round(2.0, 0.5, 0.625, 0.0625, 0.25, True, {"a": 1.0, "b": 1.0}).verdict
    'kept'
    """

    n_selected: float
    before: float
    after: float
    low: float
    high: float
    accepted: bool
    by_class: dict

    @property
    def verdict(self):
        """``"kept"``, ``"rolled back"``, or ``"refused"`` where no clip was selected."""
        if not self.n_selected:
            return "refused"
        return "kept" if self.accepted else "rolled back"

    def __str__(self):
        if not self.n_selected:
            return f"{self.verdict}: no clip is confident enough"
        return (
            f"{self.verdict}: macro F1 on held-out songs {self.before:.3f} -> {self.after:.3f} "
            f"with {self.n_selected:.0f} pseudo-labelled clips (gain "
            f"{self.after - self.before:+.3f}, in three of four draws above {self.low:+.3f})"
        )

    def to_dict(self):
        """Return plain data that JSON can hold, as in a run's ``metrics.json``."""
        # Files call an accepted round "kept".
        values = {("kept" if k == "accepted" else k): value for k, value in vars(self).items()}
        return {"verdict": self.verdict, **values, "in_words": str(self)}


@dataclass(frozen=True)
class PseudoLabels:
    """Pseudo-labelled clips of a test, and the rounds that selected them.

    Attributes
    ----------
    rows : ndarray of shape (n_selected,), int
        Positions in the test; empty if no round was accepted.
    labels : ndarray of shape (n_selected,)
    rounds : tuple of Round
        In order; only the last can be one that was not accepted.
    by_fold : tuple of (rows, labels)
        For each fold, in sorted order, the clips that its models selected, without having seen its
        songs. Models of a fold that are trained on these can be scored on it.

    See Also
    --------
    pseudo_label : Makes them.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.pseudo_labels import PseudoLabels
    >>> PseudoLabels(np.array([4]), np.array(["jazz"]), rounds=(), by_fold=()).labels.tolist()
    ['jazz']
    """

    rows: np.ndarray
    labels: np.ndarray
    rounds: tuple
    by_fold: tuple


@one_blas_thread()
def pseudo_label(
    estimators,
    X,
    y,
    folds,
    X_test,
    *,
    simulated=None,
    groups=None,
    n_rounds=N_ROUNDS,
    confidence=0.6,
    n_jobs=None,
):
    """Label clips of a test by models, in rounds that must improve the score on held-out songs.

    Round ``r`` of ``n_rounds`` may select up to ``r / n_rounds`` of the test. The first round
    without a gain ends the procedure. The cost is one fit per estimator and fold for each round,
    and one more.

    Parameters
    ----------
    estimators : list of (str, classifier)
        With ``predict_proba``; not changed.
    X : DataFrame or array-like of shape (n, ...)
    y : array-like of shape (n,)
    folds : array-like of shape (n,), int
    X_test : DataFrame or array-like of shape (m, ...)
        Unlabelled.
    simulated : DataFrame or array-like of shape (n, ...), optional
        The clips of ``X`` again, rendered like the test; ``X`` itself by default.
    groups : array-like of shape (n,), optional
        Songs, which the bootstrap samples as a whole.
    n_rounds : int, default=3
    confidence : float, default=0.6
        Minimum mean probability of a selected class, in [0, 1].
    n_jobs : int, optional
        Number of processes that fit folds. The result does not depend on it.

    Returns
    -------
    PseudoLabels

    Raises
    ------
    UsageError
        A parameter is out of range, there is no estimator, or one has no ``predict_proba``.
    DataError
        The tables differ in length or kind, the test is empty, a clip has no group or no fold,
        there is one fold only, or the training clips of a fold lack a class.

    See Also
    --------
    stemstack.stacking.pseudo_labels.select_confident : The selection.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from stemstack.stacking import pseudo_label
    >>> y, y_test = np.arange(12) % 2, np.arange(40) % 2
    >>> X, X_test = np.c_[y, -y] + 0.1, np.c_[y_test, -y_test] + 0.2
    >>> result = pseudo_label([("nb", GaussianNB())], X, y, np.arange(12) // 2 % 3, X_test)
    >>> print(result.rounds[0])  # the score is perfect without pseudo-labels
    rolled back: macro F1 on held-out songs 1.000 -> 1.000 with 14 pseudo-labelled clips \
(gain +0.000, in three of four draws above +0.000)
    """
    if not isinstance(n_rounds, Integral) or n_rounds < 1:
        raise UsageError(f"n_rounds must be a whole number, 1 or more. Got {n_rounds!r}.")
    simulated = X if simulated is None else simulated
    trainer = _Trainer(estimators, X, y, folds, X_test, simulated, groups, n_jobs)
    n_folds = len(trainer.held_out)
    empty = np.empty(0, dtype=int), np.empty(0, dtype=int)
    by_fold, selected, rounds = [empty] * n_folds, empty, []
    predictions = trainer.fit(by_fold)
    for r in range(1, n_rounds + 1):
        limits = {"confidence": confidence, "share": r / n_rounds}
        candidates = [trainer.select(predictions, fold, limits) for fold in range(n_folds)]
        if not any(len(rows) for rows, _ in candidates):
            score, counts = trainer.score(predictions), trainer.count_by_class(candidates)
            rounds.append(Round(0.0, score, score, 0.0, 0.0, False, counts))
            break
        new = trainer.fit(candidates)
        rounds.append(trainer.compare(predictions, new, candidates))
        if not rounds[-1].accepted:
            break
        by_fold, selected = candidates, trainer.select(predictions, None, limits)
        predictions = new
    labels_by_fold = tuple((rows, trainer.classes[codes]) for rows, codes in by_fold)
    rows, codes = selected
    return PseudoLabels(rows, trainer.classes[codes], tuple(rounds), labels_by_fold)


@dataclass(frozen=True)
class _Predictions:
    """Probabilities: ``oof`` of (n_models, n, K), ``test`` of (n_folds, n_models, m, K)."""

    oof: np.ndarray
    test: np.ndarray

    def labels(self):
        """Return the out-of-fold predictions of the models' mean, as positions of classes."""
        return self.oof.mean(axis=0).argmax(axis=1)


class _Trainer:
    """Fits, selects and scores on one set of data, folds and models."""

    def __init__(self, estimators, X, y, folds, X_test, simulated, groups, n_jobs):
        self.classes, self.codes = np.unique(check_labels(y), return_inverse=True)
        if not len(X) == len(simulated) == len(self.codes) == len(folds):
            raise DataError(
                "X, simulated, y and folds must have the same length. Got "
                f"{len(X)}, {len(simulated)}, {len(self.codes)} and {len(folds)}."
            )
        if len({hasattr(table, "iloc") for table in (X, X_test, simulated)}) > 1:
            raise DataError("X, X_test and simulated must all be DataFrames, or none of them")
        self.models = [estimator for _, estimator in estimators]
        if not self.models:
            raise UsageError("Pseudo-labels need at least one (name, estimator). Got none.")
        for model in self.models:
            resolve_method(model, "predict_proba")
        if not len(X_test):
            raise DataError("The test has no clip to label; pass one row per clip in X_test")
        self.X, self.X_test, self.simulated = X, X_test, simulated
        folds = check_folds(folds, len(self.codes))
        if groups is None:
            warn_of_shared_recordings(X, y, folds)
        else:
            check_groups_in_folds(groups, folds)
        self.groups = None if groups is None else np.asarray(groups)
        self.held_out = [folds == fold for fold in np.unique(folds)]
        self.n_jobs = n_jobs

    def fit(self, by_fold):
        """Fit every model by fold, on the training clips and the test clips selected for it."""
        parts = parallel_map(self._fit_fold, self.held_out, by_fold, n_jobs=self.n_jobs)
        oof = np.empty((len(self.models), len(self.codes), len(self.classes)))
        test = []
        for held_out, (of_fold, of_test) in zip(self.held_out, parts, strict=True):
            oof[:, held_out] = of_fold
            test.append(of_test)
        return _Predictions(oof, np.array(test))

    def _fit_fold(self, held_out, selected):
        rows, codes = selected
        X = _append_rows(_safe_indexing(self.X, np.flatnonzero(~held_out)), self.X_test, rows)
        y = self.classes[np.concatenate([self.codes[~held_out], codes])]
        fitted = [clone(model).fit(X, y) for model in self.models]
        for model in fitted:
            check_classes(model, self.classes)
        clips = _safe_indexing(self.simulated, np.flatnonzero(held_out))
        return tuple(
            [model.predict_proba(part) for model in fitted] for part in (clips, self.X_test)
        )

    def select(self, predictions, fold, limits):
        """Select test clips by the models of one fold, or by all models if ``fold`` is None.

        Temperatures are fitted outside the fold, whose labels only serve to score.
        """
        test = predictions.test.mean(axis=0) if fold is None else predictions.test[fold]
        rows = slice(None) if fold is None else ~self.held_out[fold]
        calibrated = [
            TemperatureScaling().fit(oof[rows], self.codes[rows]).transform(proba)
            for oof, proba in zip(predictions.oof, test, strict=True)
        ]
        return select_confident(calibrated, **limits)

    def compare(self, old, new, by_fold):
        """Compare two sets of predictions on the held-out songs."""
        _, low, high = paired_difference(
            self.codes, new.labels(), old.labels(), self.groups, level=0.5
        )
        n_selected = float(np.mean([len(rows) for rows, _ in by_fold]))
        scores = self.score(old), self.score(new)
        return Round(n_selected, *scores, low, high, low > 0, self.count_by_class(by_fold))

    def score(self, predictions):
        """Compute macro F1 on the held-out songs."""
        return float(macro_f1_of_codes(self.codes, predictions.labels(), len(self.classes)))

    def count_by_class(self, by_fold):
        """Count the selected clips of each class, averaged over folds."""
        codes, n_classes = np.concatenate([codes for _, codes in by_fold]), len(self.classes)
        counts = np.bincount(codes, minlength=n_classes) / len(by_fold)
        return dict(zip(self.classes.tolist(), counts.tolist(), strict=True))


def _append_rows(X, X_test, rows):
    """Append rows of the test to a table."""
    if not len(rows):
        return X
    more = _safe_indexing(X_test, rows)
    if isinstance(X, list):
        return [*X, *more]
    return pd.concat([X, more]) if hasattr(X, "iloc") else np.concatenate([X, more])


def select_confident(proba, *, confidence=0.6, share=1.0):
    """Select clips on whose class all models agree, in similar numbers for each class.

    Parameters
    ----------
    proba : array-like of shape (n_models, n, n_classes)
        Calibrated probabilities.
    confidence : float, default=0.6
        Minimum mean probability of the agreed class, in [0, 1].
    share : float, default=1.0
        Maximum number of clips of a class, as a share of ``n / n_classes``, in (0, 1]. A class also
        may not have more than twice the number of the rarest class plus one, so that models which
        predict one class everywhere do not reinforce each other.

    Returns
    -------
    rows : ndarray of shape (n_selected,), int
        In ascending order.
    codes : ndarray of shape (n_selected,), int
        Columns of the agreed classes.

    Raises
    ------
    UsageError
        A parameter is out of range.
    DataError
        The probabilities do not have this shape, or are not finite.

    See Also
    --------
    pseudo_label : Selects in rounds.

    Examples
    --------
    >>> from stemstack.stacking.pseudo_labels import select_confident
    >>> one, other = [[0.9, 0.1], [0.2, 0.8], [0.9, 0.1]], [[0.8, 0.2], [0.3, 0.7], [0.4, 0.6]]
    >>> rows, codes = select_confident([one, other])
    >>> rows.tolist(), codes.tolist()
    ([0, 1], [0, 1])
    """
    if not 0 <= confidence <= 1 or not 0 < share <= 1:
        raise UsageError(
            f"confidence must be in [0, 1] and share in (0, 1]. Got {confidence} and {share}."
        )
    proba = np.asarray(proba)
    if proba.ndim != 3 or not np.isfinite(proba).all():
        raise DataError(
            "proba must hold finite probabilities, (n_models, n, n_classes). "
            f"Got shape {proba.shape} and {np.isnan(proba).sum()} NaN."
        )
    _, n, n_classes = proba.shape
    mean, votes = proba.mean(axis=0), proba.argmax(axis=2)
    codes, confidences = mean.argmax(axis=1), mean.max(axis=1)
    eligible = (votes == codes).all(axis=0) & (confidences >= confidence)
    rarest = np.bincount(codes[eligible], minlength=n_classes).min()
    most = int(min(np.ceil(share * n / n_classes), _MAX_IMBALANCE * (rarest + 1)))
    by_class = [np.flatnonzero(eligible & (codes == k)) for k in range(n_classes)]
    rows = np.concatenate([_most_confident(rows, confidences, most) for rows in by_class])
    rows.sort()
    return rows, codes[rows]


def _most_confident(rows, confidences, n):
    return rows[np.argsort(-confidences[rows], kind="stable")[:n]]
