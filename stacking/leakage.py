"""Leakage checks: tasks in which a score above chance proves a leak.

Each check scores models out of fold on a task that cannot be solved without a leak. The
distribution of scores by chance comes from permuting the labels of whole groups against the same
predictions, which accounts for class frequencies and for the dependence of clips of one song.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from ..exceptions import DataError
from ..utils.targets import check_labels
from .folds import assign_folds, check_folds, check_groups
from .meta_model import nested_predictions
from .metrics import macro_f1, macro_f1_of_codes

_N_PERMUTATIONS = 1000


@dataclass(frozen=True)
class LeakageResult:
    """Result of one check.

    Attributes
    ----------
    check : str
    score : float
        Out-of-fold macro F1.
    chance : float
        Mean macro F1 by chance.
    limit : float
        Quantile of macro F1 by chance, at one minus the level of the check.
    leaks : bool
        Whether ``score`` is above ``limit``.
    control : float or None
        Macro F1 with groups ignored, which shows what a leak would look like.
    """

    check: str
    score: float
    chance: float
    limit: float
    leaks: bool
    control: float | None = None

    @property
    def inconclusive(self):
        """Whether even the control is at chance, so that the check could not have found a leak."""
        return self.control is not None and self.control <= self.limit

    def __str__(self):
        outcome = "LEAKS" if self.leaks else "inconclusive" if self.inconclusive else "clean"
        text = (
            f"{outcome}: {self.check}: macro F1 {self.score:.3f}, by chance {self.chance:.3f} "
            f"and rarely above {self.limit:.3f}"
        )
        return text if self.control is None else f"{text}; groups ignored {self.control:.3f}"


def check_shuffled_labels(estimator, X, y, folds, groups, *, n_shuffles=3, level=0.001, seed=0):
    """Train on labels shuffled among groups: only a leak can give scores above chance.

    The check finds folds that separate clips of a song, and features that depend on held-out clips.

    Parameters
    ----------
    estimator : classifier
        Not changed.
    X : sequence of clips or array-like of shape (n, n_features)
    y : array-like of shape (n,)
    folds : array-like of shape (n,), int
    groups : array-like of shape (n,)
        Songs; each of one class.
    n_shuffles : int, default=3
        Each costs one fit per fold.
    level : float, default=0.001
        Probability of a false alarm.
    seed : int, default=0

    Returns
    -------
    LeakageResult

    Raises
    ------
    DataError
        A group holds clips of two classes, a row has no group, or there is one fold only.

    See Also
    --------
    check_unique_tones : The same, with a signal that identifies songs.
    check_stack : Leaks between base models and meta-model.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from stemstack.stacking import assign_folds, check_shuffled_labels
    >>> songs = np.repeat(np.arange(40), 3)
    >>> X, y = np.random.default_rng(0).random((40, 4))[songs], songs % 2
    >>> model = KNeighborsClassifier(1)
    >>> check_shuffled_labels(model, X, y, assign_folds(y, songs), songs).leaks
    False
    >>> check_shuffled_labels(model, X, y, assign_folds(y), songs).leaks  # folds ignore songs
    True
    """
    codes, labels_of = _group_labels(y, groups)
    rng = np.random.default_rng(seed)
    folds, pairs = check_folds(folds, len(codes)), []
    for _ in range(n_shuffles):
        shuffled = rng.permutation(labels_of)[codes]
        pairs.append((shuffled, _predict_out_of_fold(estimator, X, shuffled, folds)))
    return _compare_with_chance("labels shuffled among songs", pairs, codes, level, rng)


def check_unique_tones(estimator, y, folds, groups, *, clips=None, level=0.001, seed=0):
    """Train on clips whose only signal is a tone unique to their song: it must not help.

    The control separates clips of a song on purpose, so that a model which can recognise a tone
    scores high. If the control is at chance, the check is inconclusive.

    Parameters
    ----------
    estimator : classifier
        Over ``clips``; not changed.
    y : array-like of shape (n,)
    folds : array-like of shape (n,), int
    groups : array-like of shape (n,)
        Songs; each of one class.
    clips : sequence of clips or array-like of shape (n, ...), optional
        Clips that identify the song and hold no other signal; :func:`tone_clips` by default.
    level : float, default=0.001
        Probability of a false alarm.
    seed : int, default=0

    Returns
    -------
    LeakageResult
        With ``control``.

    Raises
    ------
    DataError
        A group holds clips of two classes, a row has no group, or a class has fewer clips than
        there are folds.

    See Also
    --------
    check_shuffled_labels : The same with real features.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from stemstack.stacking import assign_folds, check_unique_tones
    >>> songs = np.repeat(np.arange(40), 3)
    >>> y, tones = songs % 2, songs[:, None] * 1.0
    >>> folds = assign_folds(y, songs)
    >>> result = check_unique_tones(KNeighborsClassifier(1), y, folds, songs, clips=tones)
    >>> result.leaks, result.control
    (False, 1.0)
    """
    codes, labels_of = _group_labels(y, groups)
    rng = np.random.default_rng(seed)
    y, folds = labels_of[codes], check_folds(folds, len(codes))
    clips = tone_clips(codes, seed=seed) if clips is None else clips
    leaky_folds = assign_folds(y, n_folds=len(np.unique(folds)), seed=seed)
    predicted, control = (
        _predict_out_of_fold(estimator, clips, y, table) for table in (folds, leaky_folds)
    )
    name = "songs known by a tone only"
    return _compare_with_chance(name, [(y, predicted)], codes, level, rng, (y, control))


def check_stack(
    make_oof, final_estimator, X, y, groups, *, n_folds=5, n_shuffles=3, level=0.001, seed=0
):
    """Stack on labels shuffled among groups: only a leak can give scores above chance.

    The check finds a meta-model that is trained on in-sample predictions. It also finds a subtler
    leak: the base models behind the other folds' predictions were trained on the held-out fold, so
    these predictions contain information on its labels. A flexible meta-model that also gets
    features with few distinct values can recover them, and its nested score is too high.

    Parameters
    ----------
    make_oof : callable
        ``make_oof(X, y, folds)`` returns the table that the meta-model is trained on, of shape
        (n, n_columns), such as a ``functools.partial`` of :func:`oof_predictions`.
    final_estimator : classifier
        Not changed.
    X : sequence of clips or array-like of shape (n, n_features)
    y : array-like of shape (n,)
    groups : array-like of shape (n,)
        Songs; each of one class.
    n_folds : int, default=5
    n_shuffles : int, default=3
        Each costs one fit of all base models.
    level : float, default=0.001
        Probability of a false alarm.
    seed : int, default=0

    Returns
    -------
    LeakageResult

    Raises
    ------
    DataError
        A group holds clips of two classes, a row has no group, or a class has too few groups for
        the folds.

    See Also
    --------
    oof_predictions : Makes the table without a leak.
    nested_predictions : The predictions of the meta-model that are scored.

    References
    ----------
    The subtler leak: autogluon/autogluon, issue 2779, "Fix Stack Information Leakage".

    Examples
    --------
    >>> from functools import partial
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from stemstack.stacking import check_stack, oof_predictions
    >>> songs, final = np.arange(80), LogisticRegression()
    >>> X, y = np.random.default_rng(0).random((80, 4)), songs % 2
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> check_stack(partial(oof_predictions, [("tree", tree)]), final, X, y, songs).leaks
    False
    >>> def in_sample(X, y, folds):
    ...     return tree.fit(X, y).predict_proba(X)
    >>> check_stack(in_sample, final, X, y, songs).leaks
    True
    """
    codes, labels_of = _group_labels(y, groups)
    rng = np.random.default_rng(seed)
    pairs = []
    for shuffle in range(n_shuffles):
        shuffled = rng.permutation(labels_of)[codes]
        folds = assign_folds(shuffled, codes, n_folds=n_folds, seed=seed + shuffle)
        table = np.asarray(make_oof(X, shuffled, folds))
        pairs.append((shuffled, nested_predictions(final_estimator, table, shuffled, folds)))
    return _compare_with_chance("stack on labels shuffled among songs", pairs, codes, level, rng)


def tone_clips(groups, *, sr=22050, seconds=1.0, noise=0.05, seed=0):
    """Synthesise a sine for each clip, with a frequency unique to its group.

    Parameters
    ----------
    groups : array-like of shape (n,)
    sr : int, default=22050
        Sample rate in Hz.
    seconds : float, default=1.0
        Length of a clip in s.
    noise : float, default=0.05
        Standard deviation of the white noise added to a sine of amplitude 0.5.
    seed : int, default=0
        Of frequencies, phases and noise.

    Returns
    -------
    ndarray of shape (n, sr * seconds), float32
        Frequencies are spaced evenly in pitch from 100 Hz to 0.2 of the sample rate, and assigned
        at random, so that neighbours in pitch do not share a class.
    """
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    rng = np.random.default_rng(seed)
    frequencies = rng.permutation(np.geomspace(100, 0.2 * sr, codes.max() + 1))
    time = np.arange(int(sr * seconds)) / sr
    clips = np.empty((len(codes), len(time)), dtype=np.float32)
    for clip, frequency in zip(clips, frequencies[codes], strict=True):
        phase = rng.uniform(0, 2 * np.pi)
        clip[:] = 0.5 * np.sin(2 * np.pi * frequency * time + phase)
        clip += noise * rng.standard_normal(len(time), dtype=np.float32)
    return clips


def _group_labels(y, groups):
    """Number the groups of the rows, and return the single label of each group."""
    y = check_labels(y)
    groups = check_groups(groups, len(y))
    names, first, codes = np.unique(groups, return_index=True, return_inverse=True)
    mixed = y != y[first][codes]
    if mixed.any():
        row = np.flatnonzero(mixed)[0]
        raise DataError(
            f"Group {names[codes[row]]} holds clips of {y[first][codes[row]]} and {y[row]}; "
            "labels can only be shuffled among groups of one class, such as songs"
        )
    return codes, y[first]


def _predict_out_of_fold(estimator, X, y, folds):
    """Predict classes out of fold; the training rows may lack a class of the shuffled labels."""
    predicted = np.empty_like(y)
    for fold in np.unique(folds):
        train, held_out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        fitted = clone(estimator).fit(_safe_indexing(X, train), y[train])
        predicted[held_out] = fitted.predict(_safe_indexing(X, held_out))
    return predicted


def _compare_with_chance(check, pairs, groups, level, rng, control=None):
    """Compare the mean score of (labels, predictions) with labels permuted among groups."""
    _, first = np.unique(groups, return_index=True)
    coded = [np.unique(pair, return_inverse=True)[1].reshape(2, -1) for pair in pairs]
    score = np.mean([_macro_f1_of_pair(*pair) for pair in coded])
    by_chance = [
        np.mean([_macro_f1_of_pair(rng.permutation(y[first])[groups], pred) for y, pred in coded])
        for _ in range(_N_PERMUTATIONS)
    ]
    chance, limit = float(np.mean(by_chance)), float(np.quantile(by_chance, 1 - level))
    control = None if control is None else macro_f1(*control)
    return LeakageResult(check, float(score), chance, limit, bool(score > limit), control)


def _macro_f1_of_pair(y_true, y_pred):
    return macro_f1_of_codes(y_true, y_pred, max(y_true.max(), y_pred.max()) + 1)
