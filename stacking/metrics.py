"""Macro F1, bootstrap intervals over groups, and paired differences.

Macro F1 follows scikit-learn's ``f1_score(average="macro")``: the mean is taken over the classes
that occur in ``y_true`` or ``y_pred``, and a class without a hit scores 0. It is computed from
counts, which is fast enough for bootstrap and ensemble selection.

Clips of one song are not independent, so the bootstrap samples whole groups with replacement.
Sampling single clips would give intervals that are too narrow.
"""

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score

from ..exceptions import DataError, UsageError
from .folds import check_groups


def macro_f1(y_true, y_pred):
    """Compute the macro F1 score, as scikit-learn's ``f1_score(average="macro")``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        Classes of one kind: numbers or strings.

    Returns
    -------
    float
        In [0, 1].

    See Also
    --------
    macro_f1_interval : The bootstrap interval of this score.
    score_classes : The score by class, and the confusion matrix.

    Examples
    --------
    >>> from stemstack.stacking import macro_f1
    >>> round(macro_f1(["a", "a", "b"], ["a", "b", "b"]), 3)
    0.667
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    _, codes = np.unique(np.concatenate([y_true, y_pred]), return_inverse=True)
    return float(macro_f1_of_codes(codes[: len(y_true)], codes[len(y_true) :], codes.max() + 1))


def macro_f1_of_codes(y_true, y_pred, n_classes):
    """Score many predictions of the same clips at once.

    Parameters
    ----------
    y_true : ndarray of shape (n,), int
        In ``0 … n_classes - 1``.
    y_pred : ndarray of shape (..., n), int
    n_classes : int

    Returns
    -------
    ndarray of shape (...,)
    """
    shape = y_pred.shape[:-1]
    y_pred = y_pred.reshape(-1, len(y_true))
    n_true = np.bincount(y_true, minlength=n_classes)
    # One count over pairs (prediction, class) needs one call of bincount.
    pairs = y_pred + n_classes * np.arange(len(y_pred))[:, None]
    size = len(y_pred) * n_classes
    n_predicted = np.bincount(pairs.ravel(), minlength=size).reshape(-1, n_classes)
    n_hits = np.bincount(pairs[y_pred == y_true], minlength=size).reshape(-1, n_classes)
    return macro_f1_of_counts(n_hits, n_true, n_predicted).reshape(shape)


def macro_f1_of_counts(n_hits, n_true, n_predicted):
    """Average the F1 of the classes that occur in the labels or in the predictions.

    Parameters
    ----------
    n_hits, n_true, n_predicted : ndarray of shape (..., n_classes)
        Number of clips of each class: predicted correctly, labelled so, and predicted so.

    Returns
    -------
    ndarray of shape (...,)
    """
    occurs = n_true + n_predicted > 0
    f1 = 2 * n_hits / np.maximum(n_true + n_predicted, 1)
    return f1.sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)


def score_classes(y_true, y_pred, classes):
    """Score predictions by macro F1, accuracy, F1 of each class and the confusion matrix.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
    classes : sequence of str
        All classes, in the order of the confusion matrix.

    Returns
    -------
    dict
        ``macro_f1``, ``accuracy``, ``n``, ``per_class_f1`` (keyed by class, 0 for a class that does
        not occur) and ``confusion`` (one row per true class, one column per predicted class); plain
        data that JSON can hold.

    See Also
    --------
    macro_f1 : The score alone.

    Examples
    --------
    >>> from stemstack.stacking import score_classes
    >>> scores = score_classes(["a", "a", "b"], ["a", "b", "b"], ["a", "b"])
    >>> scores["confusion"], round(scores["accuracy"], 3)
    ([[1, 1], [0, 1]], 0.667)
    """
    y_true, y_pred, classes = np.asarray(y_true), np.asarray(y_pred), list(classes)
    by_class = f1_score(y_true, y_pred, labels=classes, average=None, zero_division=0)
    return {
        "macro_f1": macro_f1(y_true, y_pred),
        "accuracy": float(np.mean(y_true == y_pred)),
        "n": len(y_true),
        "per_class_f1": dict(zip(classes, map(float, by_class), strict=True)),
        "confusion": confusion_matrix(y_true, y_pred, labels=classes).tolist(),
    }


def group_bootstrap(n_groups, n_draws, rng, *, multinomial=False):
    """Sample groups with replacement, and yield how often each group occurs in a sample.

    Parameters
    ----------
    n_groups : int
        Also the size of each sample.
    n_draws : int
    rng : numpy.random.Generator
    multinomial : bool, default=False
        Sample the counts themselves instead of group numbers. The distribution is the same, the
        random stream is not; each caller keeps to one so that its intervals can be reproduced.

    Yields
    ------
    ndarray of shape (n_groups,), int
        Non-negative, with sum ``n_groups``.

    See Also
    --------
    bootstrap_interval : The interval of any score.

    References
    ----------
    Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.metrics import group_bootstrap
    >>> [int(counts.sum()) for counts in group_bootstrap(5, 3, np.random.default_rng(0))]
    [5, 5, 5]
    """
    shares = np.full(n_groups, 1 / n_groups)
    for _ in range(n_draws):
        if multinomial:
            yield rng.multinomial(n_groups, shares)
        else:
            yield np.bincount(rng.integers(n_groups, size=n_groups), minlength=n_groups)


def bootstrap_interval(
    y_true, y_pred, groups=None, *, score=macro_f1, n_draws=1000, level=0.95, seed=0
):
    """Compute the percentile interval of a score by bootstrap over groups.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,) or (n, ...)
        Labels and predictions, as ``score`` takes them.
    groups : array-like of shape (n,), optional
        Groups that are sampled as a whole; by default each row is its own group.
    score : callable, default=macro_f1
        ``score(y_true, y_pred)``, which returns a float or an array of scores.
    n_draws : int, default=1000
        Number of bootstrap samples.
    level : float, default=0.95
        Probability of the interval, in (0, 1).
    seed : int, default=0

    Returns
    -------
    low, high : float or ndarray
        Infinite where there is only one group, which allows no estimate.

    Raises
    ------
    UsageError
        ``level`` or ``n_draws`` is out of range.
    DataError
        The arrays differ in length or are empty, or a row has no group.

    See Also
    --------
    macro_f1_interval : A faster interval of macro F1.
    paired_difference : The interval of a difference between two models.

    Examples
    --------
    >>> from stemstack.stacking import bootstrap_interval
    >>> y_true, y_pred, songs = [0, 0, 1, 1] * 5, [0, 1, 1, 1] * 5, [*range(10)] * 2
    >>> low, high = bootstrap_interval(y_true, y_pred, songs)
    >>> 0 < low < high < 1
    True
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    codes = encode_groups(y_true, y_pred, groups, n_draws, level)
    if codes.max() == 0:
        return -np.inf, np.inf
    rows, scores = np.arange(len(codes)), []
    for counts in group_bootstrap(codes.max() + 1, n_draws, np.random.default_rng(seed)):
        sample = np.repeat(rows, counts[codes])
        scores.append(score(y_true[sample], y_pred[sample]))
    return percentile_interval(scores, level)


def macro_f1_interval(y_true, y_pred, groups=None, *, n_draws=1000, level=0.95, seed=0):
    """Compute the percentile interval of macro F1 by bootstrap over groups.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        Classes of one kind: numbers or strings.
    groups : array-like of shape (n,), optional
        Groups that are sampled as a whole; by default each row is its own group.
    n_draws : int, default=1000
        Number of bootstrap samples.
    level : float, default=0.95
        Probability of the interval, in (0, 1).
    seed : int, default=0

    Returns
    -------
    low, high : float
        0 and 1 where there is only one group, which allows no estimate.

    Raises
    ------
    UsageError
        ``level`` or ``n_draws`` is out of range.
    DataError
        The arrays differ in length or are empty, or a row has no group.

    See Also
    --------
    bootstrap_interval : The interval of any score.

    Examples
    --------
    >>> from stemstack.stacking.metrics import macro_f1_interval
    >>> macro_f1_interval(["a", "b"] * 10, ["a", "b"] * 10)
    (1.0, 1.0)
    """
    codes = encode_groups(y_true, y_pred, groups, n_draws, level)
    if codes.max() == 0:
        return 0.0, 1.0
    counts = _count_by_group(y_true, y_pred, codes)
    samples = group_bootstrap(len(counts), n_draws, np.random.default_rng(seed), multinomial=True)
    totals = np.array([sample @ counts for sample in samples]).reshape(n_draws, 2, -1)
    # F1 needs only the sum of the true and the predicted counts.
    return percentile_interval(macro_f1_of_counts(totals[:, 0], totals[:, 1], 0), level)


def paired_difference(y_true, y_pred, y_baseline, groups=None, *, n_draws=1000, level=0.95, seed=0):
    """Compute the difference in macro F1 of two predictions of the same clips, and its interval.

    Both predictions are scored on the same bootstrap samples, so errors that they share cancel.

    Parameters
    ----------
    y_true, y_pred, y_baseline : array-like of shape (n,)
        Classes of one kind: numbers or strings.
    groups : array-like of shape (n,), optional
        Groups that are sampled as a whole; by default each row is its own group.
    n_draws : int, default=1000
        Number of bootstrap samples.
    level : float, default=0.95
        Probability of the interval, in (0, 1).
    seed : int, default=0

    Returns
    -------
    difference, low, high : float
        Macro F1 of ``y_pred`` minus that of ``y_baseline``, and its percentile interval.

    Raises
    ------
    UsageError
        ``level`` or ``n_draws`` is out of range.
    DataError
        The arrays differ in length or are empty, or a row has no group.

    See Also
    --------
    macro_f1_interval : The interval of one score.

    Examples
    --------
    >>> from stemstack.stacking.metrics import paired_difference
    >>> y_true = [0, 1] * 20
    >>> difference, low, high = paired_difference(y_true, y_true, [0, 1, 1, 0] * 10)
    >>> difference, 0 < low < high
    (0.5, True)
    """
    for predictions in (y_pred, y_baseline):
        encode_groups(y_true, predictions, None, n_draws, level)
    columns = np.stack([y_true, y_pred, y_baseline])
    labels, codes = np.unique(columns, return_inverse=True)
    codes, n_classes = codes.reshape(columns.shape), len(labels)

    def difference(y_true, pair):
        new, baseline = macro_f1_of_codes(y_true, np.ascontiguousarray(pair.T), n_classes)
        return float(new - baseline)

    y_true, pair = codes[0], codes[1:].T
    interval = bootstrap_interval(
        y_true, pair, groups, score=difference, n_draws=n_draws, level=level, seed=seed
    )
    return (difference(y_true, pair), *interval)


def encode_groups(y_true, y_pred, groups, n_draws, level):
    """Check the arguments of a bootstrap, and number the groups of the rows.

    Returns
    -------
    ndarray of shape (n,), int
        Each row has a number of its own where ``groups`` is None.

    Raises
    ------
    UsageError, DataError
        As raised by :func:`bootstrap_interval`.
    """
    if not 0 < level < 1 or n_draws < 1:
        raise UsageError(
            f"level must be in (0, 1) and n_draws 1 or more. Got level={level}, n_draws={n_draws}."
        )
    if not 0 < len(y_true) == len(y_pred):
        raise DataError(
            "y_true and y_pred must have the same length, above 0. "
            f"Got {len(y_true)} and {len(y_pred)}."
        )
    if groups is None:
        return np.arange(len(y_true))
    return np.unique(check_groups(groups, len(y_true)), return_inverse=True)[1]


def percentile_interval(scores, level):
    """Return the central interval that holds a share of the bootstrap scores.

    Parameters
    ----------
    scores : array-like of shape (n_draws,) or (n_draws, n_scores)
    level : float
        In (0, 1).

    Returns
    -------
    low, high : float, or ndarray of shape (n_scores,)
    """
    tail = (1 - level) / 2
    low, high = np.quantile(scores, [tail, 1 - tail], axis=0)
    return (float(low), float(high)) if np.ndim(low) == 0 else (low, high)


def _count_by_group(y_true, y_pred, groups):
    """Count hits, and true plus predicted clips, by group: shape (n_groups, 2 * n_classes)."""
    _, codes = np.unique(np.concatenate([y_true, y_pred]), return_inverse=True)
    y_true, y_pred = codes[: len(y_true)], codes[len(y_true) :]
    hits, clips = np.zeros((2, groups.max() + 1, codes.max() + 1))
    np.add.at(hits, (groups[y_true == y_pred], y_true[y_true == y_pred]), 1)
    np.add.at(clips, (groups, y_true), 1)
    np.add.at(clips, (groups, y_pred), 1)
    return np.hstack([hits, clips])
