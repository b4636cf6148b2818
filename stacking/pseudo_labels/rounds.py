"""Pseudo-labels by rounds, each kept only if it helps on songs held out.

For each fold the models that have not seen its songs label the test, learn from what they are sure
of, and are scored on the fold's songs, rendered like the test: a simulated test whose answers are
known. Wrong pseudo-labels lower that score, and the round is rolled back.
"""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from ...exceptions import DataError, UsageError
from ..calibration import TemperatureScaling
from ..folds import check_folds, check_groups
from ..metrics import paired_difference
from ..metrics.f1 import macro_f1_of_codes
from ..out_of_fold import check_classes, resolve_method


@dataclass(frozen=True)
class Round:
    """What one round came to.

    Attributes
    ----------
    n_selected : float
        Clips of the test learnt from, the mean over folds.
    before, after : float
        Macro F1 on the held-out songs.
    low, high : float
        What the gain exceeds in three of four bootstrap draws of songs, and in one of four.
    kept : bool
    by_class : dict of str to float
        ``n_selected`` by class.
    """

    n_selected: float
    before: float
    after: float
    low: float
    high: float
    kept: bool
    by_class: dict

    @property
    def verdict(self):
        """``"kept"``, ``"rolled back"``, or ``"refused"`` where there was nothing to learn."""
        if not self.n_selected:
            return "refused"
        return "kept" if self.kept else "rolled back"

    def __str__(self):
        if not self.n_selected:
            return f"{self.verdict}: no clip is sure enough"
        return (
            f"{self.verdict}: macro F1 on held-out songs {self.before:.3f} -> {self.after:.3f} "
            f"with {self.n_selected:.0f} pseudo-labelled clips (gain "
            f"{self.after - self.before:+.3f}, in three of four draws above {self.low:+.3f})"
        )


@dataclass(frozen=True)
class PseudoLabels:
    """Clips of the test to learn from, and how that was found out.

    Attributes
    ----------
    rows : ndarray of shape (n_selected,), int
        Positions in the test; none when the first round was refused.
    labels : ndarray of shape (n_selected,)
    rounds : tuple of Round
        In order; only the last can be one that was not kept.
    by_fold : tuple of (rows, labels)
        The same as the models of each fold chose, which know nothing of its songs; folds sorted.
        Models of a fold that learn from these can be scored on it.
    """

    rows: np.ndarray
    labels: np.ndarray
    rounds: tuple
    by_fold: tuple


def pseudo_label(
    estimators,
    X,
    y,
    folds,
    X_test,
    *,
    simulated=None,
    groups=None,
    n_rounds=3,
    confidence=0.6,
):
    """Label clips of a test by models, in rounds that are kept as long as they help.

    Round ``r`` of ``n_rounds`` may take ``r / n_rounds`` of the test. The first that does not help
    ends it. Costs a fit of every estimator a fold and round, and one more.

    Parameters
    ----------
    estimators : list of (str, classifier)
        With ``predict_proba``; not changed.
    X : DataFrame or array-like of shape (n, ...)
    y : array-like of shape (n,)
    folds : array-like of shape (n,), int
    X_test : DataFrame or array-like of shape (m, ...)
        ClipList.
    simulated : DataFrame or array-like of shape (n, ...), optional
        The clips of ``X`` again, rendered like the test; ``X`` itself when that is so already.
    groups : array-like of shape (n,), optional
        Songs, which the bootstrap draws as wholes.
    n_rounds : int, default=3
    confidence : float, default=0.6
        As in :func:`select_confident`.

    Returns
    -------
    PseudoLabels

    Raises
    ------
    UsageError
        A setting is out of range, there is no estimator, or one has no ``predict_proba``.
    DataError
        The tables differ in length or kind, the test is empty, a clip has no group or no fold,
        there is one fold only, or a fold's training clips lack a class.
    """
    if not isinstance(n_rounds, Integral) or n_rounds < 1:
        raise UsageError(f"n_rounds must be a whole number, 1 or more. Got {n_rounds!r}.")
    simulated = X if simulated is None else simulated
    lab = _Lab(estimators, X, y, folds, X_test, simulated, groups)
    nothing = np.empty(0, dtype=int), np.empty(0, dtype=int)
    picks, chosen, rounds = [nothing] * len(lab.held_out), nothing, []
    state = lab.fit(picks)
    for r in range(1, n_rounds + 1):
        gate = {"confidence": confidence, "share": r / n_rounds}
        found = [lab.pick(state, fold, gate) for fold in range(len(lab.held_out))]
        if not any(len(rows) for rows, _ in found):
            score = lab.score(state)
            rounds.append(Round(0.0, score, score, 0.0, 0.0, False, lab.count(found)))
            break
        new = lab.fit(found)
        rounds.append(lab.judge(state, new, found))
        if not rounds[-1].kept:
            break
        picks, chosen, state = found, lab.pick(state, None, gate), new
    by_fold = tuple((rows, lab.classes[codes]) for rows, codes in picks)
    return PseudoLabels(chosen[0], lab.classes[chosen[1]], tuple(rounds), by_fold)


@dataclass(frozen=True)
class _State:
    """What models say: ``oof`` of (n_models, n, K), ``test`` of (n_folds, n_models, m, K)."""

    oof: np.ndarray
    test: np.ndarray


class _Lab:
    """The data, folds and models of one run of rounds."""

    def __init__(self, estimators, X, y, folds, X_test, simulated, groups):
        self.classes, self.codes = np.unique(np.asarray(y), return_inverse=True)
        if not len(X) == len(simulated) == len(self.codes) == len(folds):
            raise DataError(
                "X, simulated, y and folds must have one length. Got "
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
            raise DataError("The test has no clip to label; give X_test a row a clip")
        self.X, self.X_test, self.simulated = X, X_test, simulated
        self.groups = None if groups is None else check_groups(groups, len(self.codes))
        folds = check_folds(folds, len(self.codes))
        self.held_out = [folds == fold for fold in np.unique(folds)]

    def fit(self, picks):
        """Fit every model a fold, on its training clips and its picks from the test."""
        n_classes = len(self.classes)
        oof, test = np.empty((len(self.models), len(self.codes), n_classes)), []
        for held_out, (rows, codes) in zip(self.held_out, picks, strict=True):
            X = _join(_safe_indexing(self.X, np.flatnonzero(~held_out)), self.X_test, rows)
            y = self.classes[np.concatenate([self.codes[~held_out], codes])]
            fitted = [clone(model).fit(X, y) for model in self.models]
            for model in fitted:
                check_classes(model, self.classes)
            clips = _safe_indexing(self.simulated, np.flatnonzero(held_out))
            oof[:, held_out] = [model.predict_proba(clips) for model in fitted]
            test.append([model.predict_proba(self.X_test) for model in fitted])
        return _State(oof, np.array(test))

    def pick(self, state, fold, gate):
        """Select from the test by the models of one fold, or by all when ``fold`` is None.

        Temperatures come from clips outside the fold: its labels are only there to judge.
        """
        said = state.test.mean(axis=0) if fold is None else state.test[fold]
        known = slice(None) if fold is None else ~self.held_out[fold]
        calibrated = [
            TemperatureScaling().fit(oof[known], self.codes[known]).transform(test)
            for oof, test in zip(state.oof, said, strict=True)
        ]
        return select_confident(calibrated, **gate)

    def judge(self, old, new, picks):
        """Compare what two states say of the held-out songs."""
        _, low, high = paired_difference(
            self.codes, _decide(new), _decide(old), self.groups, level=0.5
        )
        n_selected = float(np.mean([len(rows) for rows, _ in picks]))
        scores = self.score(old), self.score(new)
        return Round(n_selected, *scores, low, high, low > 0, self.count(picks))

    def count(self, picks):
        """Count the clips picked, by class: the mean over folds."""
        codes, n_classes = np.concatenate([codes for _, codes in picks]), len(self.classes)
        counts = np.bincount(codes, minlength=n_classes) / len(picks)
        return dict(zip(self.classes.tolist(), counts.tolist(), strict=True))

    def score(self, state):
        """Macro F1 of the mean of the models on the held-out songs."""
        return float(macro_f1_of_codes(self.codes, _decide(state), len(self.classes)))


def _decide(state):
    return state.oof.mean(axis=0).argmax(axis=1)


def _join(X, X_test, rows):
    """Put rows of the test under a table."""
    if not len(rows):
        return X
    more = _safe_indexing(X_test, rows)
    if isinstance(X, list):
        return [*X, *more]
    return pd.concat([X, more]) if hasattr(X, "iloc") else np.concatenate([X, more])


_BALANCE = 2


def select_confident(said, *, confidence=0.6, share=1.0):
    """Select clips on whose class all models agree, about equally many of each class.

    Parameters
    ----------
    said : array-like of shape (n_models, n, n_classes)
        Calibrated probabilities.
    confidence : float, default=0.6
        The least mean probability of the agreed class.
    share : float, default=1.0
        The most a class may give, as a share of ``n / n_classes``. It may not give more than twice
        what the scarcest class has and one, either: models that see one class everywhere shall not
        teach each other so.

    Returns
    -------
    rows : ndarray of shape (n_selected,), int
        Ascending.
    codes : ndarray of shape (n_selected,), int
        Columns of the agreed classes.

    Raises
    ------
    UsageError
        A setting is out of range.
    DataError
        The probabilities are not of that shape, or not finite.
    """
    if not 0 <= confidence <= 1 or not 0 < share <= 1:
        raise UsageError(
            f"confidence must be in [0, 1] and share in (0, 1]. Got {confidence} and {share}."
        )
    said = np.asarray(said)
    if said.ndim != 3 or not np.isfinite(said).all():
        raise DataError(
            "said must hold finite probabilities, (n_models, n, n_classes). "
            f"Got shape {said.shape} and {np.isnan(said).sum()} NaN."
        )
    _, n, n_classes = said.shape
    mean, votes = said.mean(axis=0), said.argmax(axis=2)
    codes, sure = mean.argmax(axis=1), mean.max(axis=1)
    agreed = (votes == codes).all(axis=0) & (sure >= confidence)
    scarcest = np.bincount(codes[agreed], minlength=n_classes).min()
    most = int(min(np.ceil(share * n / n_classes), _BALANCE * (scarcest + 1)))
    rows = np.concatenate(
        [_surest(np.flatnonzero(agreed & (codes == k)), sure, most) for k in range(n_classes)]
    )
    rows.sort()
    return rows, codes[rows]


def _surest(rows, sure, most):
    return rows[np.argsort(-sure[rows], kind="stable")[:most]]
