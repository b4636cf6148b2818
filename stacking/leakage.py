"""The leak guard: canaries that must stay at chance, and do not where something leaks.

Each check gives the models a task that nothing honest can solve and scores them out of fold. What
chance means is found by permuting the labels of whole groups against the very same predictions, so
class frequencies and clips of one song are accounted for.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from ..exceptions import DataError
from .folds import assign_folds, check_folds, check_groups
from .meta_model import nested_predictions
from .metrics.f1 import macro_f1, macro_f1_of_codes

_N_DRAWS = 1000


@dataclass(frozen=True)
class LeakageResult:
    """What one check found.

    Attributes
    ----------
    check : str
    score : float
        Macro F1 out of fold.
    chance : float
        Its mean by chance.
    limit : float
        What chance exceeds as often as the level of the check says.
    leaks : bool
        Whether ``score`` is above ``limit``.
    control : float or None
        Macro F1 of the same with groups ignored: what a leak would look like.
    """

    check: str
    score: float
    chance: float
    limit: float
    leaks: bool
    control: float | None = None

    @property
    def blind(self):
        """Whether even the control stays at chance: then the check proves nothing."""
        return self.control is not None and self.control <= self.limit

    def __str__(self):
        found = "LEAKS" if self.leaks else "blind" if self.blind else "clean"
        text = (
            f"{found}: {self.check}: macro F1 {self.score:.3f}, by chance {self.chance:.3f} "
            f"and rarely above {self.limit:.3f}"
        )
        return text if self.control is None else f"{text}; groups ignored {self.control:.3f}"


def check_shuffled_labels(estimator, X, y, folds, groups, *, n_shuffles=3, level=0.001, seed=0):
    """Train on labels shuffled among groups: out of fold, only a leak beats chance.

    Finds folds that part a song, and features that know clips of the other side.

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
        Each costs a fit a fold.
    level : float, default=0.001
        How often clean data may be accused.
    seed : int, default=0

    Returns
    -------
    Verdict

    Raises
    ------
    DataError
        A group holds clips of two classes, a row has none, or there is one fold only.
    """
    codes, labels_of = _group_labels(y, groups)
    rng = np.random.default_rng(seed)
    folds, pairs = check_folds(folds, len(codes)), []
    for _ in range(n_shuffles):
        shuffled = rng.permutation(labels_of)[codes]
        pairs.append((shuffled, _out_of_fold(estimator, X, shuffled, folds)))
    return _judge("labels shuffled among songs", pairs, codes, level, rng)


def check_unique_tones(estimator, y, folds, groups, *, clips=None, level=0.001, seed=0):
    """Train on songs whose only signal is a tone of their own: it must not help on other songs.

    The control parts the clips of a song on purpose; a model that can hear a tone then knows the
    song again. Should it not, the check is blind and says so.

    Parameters
    ----------
    estimator : classifier
        Over ``clips``; not changed.
    y : array-like of shape (n,)
    folds : array-like of shape (n,), int
    groups : array-like of shape (n,)
        Songs; each of one class.
    clips : sequence of clips or array-like of shape (n, ...), optional
        What identifies the song and holds nothing else; :func:`tone_clips` by default.
    level : float, default=0.001
        How often clean data may be accused.
    seed : int, default=0

    Returns
    -------
    Verdict
        With ``control``.

    Raises
    ------
    DataError
        A group holds clips of two classes, a row has none, or a class has fewer clips than there
        are folds.
    """
    codes, labels_of = _group_labels(y, groups)
    rng = np.random.default_rng(seed)
    truth, folds = labels_of[codes], check_folds(folds, len(codes))
    clips = tone_clips(codes, seed=seed) if clips is None else clips
    careless = assign_folds(truth, n_folds=len(np.unique(folds)), seed=seed)
    predicted, control = (_out_of_fold(estimator, clips, truth, f) for f in (folds, careless))
    name = "songs known by a tone only"
    return _judge(name, [(truth, predicted)], codes, level, rng, (truth, control))


def check_stack(
    first_level, final_estimator, X, y, groups, *, n_folds=5, n_shuffles=3, level=0.001, seed=0
):
    """Stack on labels shuffled among groups: only a leak between the levels beats chance.

    Finds a second level fed with what models say of clips they were trained on, and the subtler
    failure in which out-of-fold predictions of the other folds tell the labels of the fold held
    out, for the models behind them saw these: a flexible second level beside features of few
    values takes them back out, and its nested score is too good.

    Parameters
    ----------
    first_level : callable
        ``first_level(X, y, folds)`` gives the table the second level learns from, of shape
        (n, n_columns).
    final_estimator : classifier
        Not changed.
    X : sequence of clips or array-like of shape (n, n_features)
    y : array-like of shape (n,)
    groups : array-like of shape (n,)
        Songs; each of one class.
    n_folds : int, default=5
    n_shuffles : int, default=3
        Each costs a first level.
    level : float, default=0.001
        How often clean data may be accused.
    seed : int, default=0

    Returns
    -------
    Verdict

    Raises
    ------
    DataError
        A group holds clips of two classes, a row has none, or a class has too few groups for the
        folds.

    References
    ----------
    The failure: autogluon/autogluon, issue 2779, "Fix Stack Information Leakage".
    """
    codes, labels_of = _group_labels(y, groups)
    rng = np.random.default_rng(seed)
    pairs = []
    for shuffle in range(n_shuffles):
        shuffled = rng.permutation(labels_of)[codes]
        folds = assign_folds(shuffled, codes, n_folds=n_folds, seed=seed + shuffle)
        table = np.asarray(first_level(X, shuffled, folds))
        pairs.append((shuffled, nested_predictions(final_estimator, table, shuffled, folds)))
    return _judge("stack on labels shuffled among songs", pairs, codes, level, rng)


def tone_clips(groups, *, sr=22050, seconds=1.0, noise=0.05, seed=0):
    """Render a sine for each clip, of a frequency that only its group has.

    Parameters
    ----------
    groups : array-like of shape (n,)
    sr : int, default=22050
        Sample rate in Hz.
    seconds : float, default=1.0
        Length of a clip.
    noise : float, default=0.05
        Standard deviation of white noise beside a sine of amplitude 0.5.
    seed : int, default=0
        Of frequencies, phases and noise.

    Returns
    -------
    ndarray of shape (n, sr * seconds), float32
        Frequencies are spaced evenly in pitch from 100 Hz to 0.2 of the sample rate, and handed out
        at random: neighbours in pitch are of no common class.
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
    """Number the groups of the rows, and give the one label of each group."""
    y = np.asarray(y)
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


def _out_of_fold(estimator, X, y, folds):
    """Predict classes; a fold may lack a class of its shuffled labels."""
    predicted = np.empty_like(y)
    for fold in np.unique(folds):
        seen, held_out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        fitted = clone(estimator).fit(_safe_indexing(X, seen), y[seen])
        predicted[held_out] = fitted.predict(_safe_indexing(X, held_out))
    return predicted


def _judge(check, pairs, groups, level, rng, control=None):
    """Hold the mean score of (labels, predictions) against labels permuted among groups."""
    _, first = np.unique(groups, return_index=True)
    coded = [np.unique(pair, return_inverse=True)[1].reshape(2, -1) for pair in pairs]
    score = np.mean([_macro_f1(*pair) for pair in coded])
    by_chance = [
        np.mean([_macro_f1(rng.permutation(y[first])[groups], said) for y, said in coded])
        for _ in range(_N_DRAWS)
    ]
    limit = np.quantile(by_chance, 1 - level)
    above = None if control is None else macro_f1(*control)
    return LeakageResult(
        check, float(score), float(np.mean(by_chance)), float(limit), bool(score > limit), above
    )


def _macro_f1(y, predicted):
    return macro_f1_of_codes(y, predicted, max(y.max(), predicted.max()) + 1)
