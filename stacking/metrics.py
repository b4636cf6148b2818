"""Macro F1, bootstrap intervals over groups, and paired differences.

Macro F1 follows scikit-learn's ``f1_score(average="macro")``: the mean is taken over the classes
that occur in ``y_true`` or ``y_pred``, and a class without a hit scores 0. It is computed from
counts, which is fast enough for bootstrap and ensemble selection.

Clips of one song are not independent, so the bootstrap samples whole groups with replacement:
sampling single clips would give intervals that are too narrow. Each class is a stratum of its own,
since a sample in which a class is rare or missing scores lower than the clips at hand. Of the n
groups of a stratum n - 1 are sampled (Rao and Wu, 1988), and the percentiles are those of Student's
t (Hesterberg, 2015): both matter where a class has few songs.
``benchmarks/interval_coverage.py`` measures how often such an interval holds the true score.

References
----------
Hesterberg, T. (2015). What teachers should know about the bootstrap. The American Statistician 69.

Rao, J. N. K. and Wu, C. F. J. (1988). Resampling inference with complex survey data. Journal of the
American Statistical Association 83.
"""

import numpy as np
from scipy.stats import norm, t
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from ..exceptions import DataError, UsageError
from ..utils.targets import check_labels, check_none_missing
from .folds import check_groups
from .multilabel import is_indicator


def macro_f1(y_true, y_pred):
    """Compute the macro F1 score, as scikit-learn's ``f1_score(average="macro")``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,), or of shape (n, n_labels)
        Classes of one kind: numbers or strings; or indicator matrices of several labels.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    DataError
        The arrays differ in shape or are empty, or a row has no label.

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
    y_true, y_pred = _check_pair(y_true, y_pred)
    if y_true.ndim == 2:
        hits = (y_true * y_pred).sum(axis=0)
        return float(macro_f1_of_counts(hits, y_true.sum(axis=0), y_pred.sum(axis=0)))
    _, codes = np.unique(np.concatenate([y_true, y_pred]), return_inverse=True)
    return float(macro_f1_of_codes(codes[: len(y_true)], codes[len(y_true) :], codes.max() + 1))


def _check_pair(y_true, y_pred):
    """Return labels and predictions as arrays of one shape."""
    convert = np.asarray if is_indicator(y_true) else check_labels
    y_true, y_pred = convert(y_true), convert(y_pred)
    if y_true.shape != y_pred.shape or not len(y_true):
        raise DataError(
            "y_true and y_pred must have the same length, above 0. "
            f"Got shapes {y_true.shape} and {y_pred.shape}."
        )
    return y_true, y_pred


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
    y_true, y_pred : array-like of shape (n,), or of shape (n, n_labels)
        Classes, or indicator matrices of several labels.
    classes : sequence of str
        All classes, in the order of the confusion matrix; or the labels, in that of the columns.

    Returns
    -------
    dict
        ``macro_f1``, ``accuracy`` (with several labels the share of rows whose labels are all
        correct), ``n``, ``per_class_f1`` (keyed by class, 0 for a class that does not occur) and,
        of single labels, ``confusion`` (one row per true class, one column per predicted class);
        plain data that JSON can hold.

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
    classes, labels, confusion = list(classes), None, {}
    if not is_indicator(y_true):
        y_true, y_pred, labels = check_labels(y_true), check_labels(y_pred), classes
        confusion["confusion"] = confusion_matrix(y_true, y_pred, labels=classes).tolist()
    by_class = f1_score(y_true, y_pred, labels=labels, average=None, zero_division=0)
    return {
        "macro_f1": macro_f1(y_true, y_pred),
        "accuracy": float(accuracy_score(y_true, y_pred)),
        "n": len(y_true),
        "per_class_f1": dict(zip(classes, map(float, by_class), strict=True)),
        **confusion,
    }


def group_bootstrap(strata, n_draws, rng):
    """Sample groups with replacement within each stratum, and count how often each is sampled.

    Of the n groups of a stratum n - 1 are sampled, which makes the variance of a sum over a sample
    that of a sum over n groups of the population (Rao and Wu, 1988). A stratum of one group would
    have no variance at all: such strata are sampled together.

    Parameters
    ----------
    strata : array-like of shape (n_groups,), int
        Stratum of each group.
    n_draws : int
        Number of samples.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_draws, n_groups), int

    See Also
    --------
    bootstrap_interval : The interval of any score.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.metrics import group_bootstrap
    >>> counts = group_bootstrap([0, 0, 0, 1, 1], 4, np.random.default_rng(0))
    >>> counts[:, :3].sum(axis=1), counts[:, 3:].sum(axis=1)
    (array([2, 2, 2, 2]), array([1, 1, 1, 1]))
    """
    strata = pool_single_groups(strata)
    counts = np.zeros((n_draws, len(strata)), dtype=np.int64)
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        shares = np.full(len(members), 1 / len(members))
        counts[:, members] = rng.multinomial(max(1, len(members) - 1), shares, size=n_draws)
    return counts


def pool_single_groups(strata):
    """Merge the strata of one group, and with them the smallest other if that leaves one group.

    Parameters
    ----------
    strata : array-like of shape (n_groups,), int

    Returns
    -------
    ndarray of shape (n_groups,), int
        Numbered from 0; every stratum has two groups or more unless there is only one group.
    """
    _, codes, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    order = np.argsort(sizes, kind="stable")
    pooled = sizes == 1
    if pooled.sum() == 1 and len(sizes) > 1:
        pooled[order[1]] = True
    if pooled.any():
        codes = np.where(pooled[codes], order[0], codes)
    return np.unique(codes, return_inverse=True)[1]


def bootstrap_interval(
    y_true, y_pred, groups=None, *, score=macro_f1, n_draws=1000, level=0.95, seed=0
):
    """Compute the interval of a score by bootstrap over groups, stratified by class.

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
    strata = _strata_of_groups(y_true, codes)
    rows, scores = np.arange(len(codes)), []
    for counts in group_bootstrap(strata, n_draws, np.random.default_rng(seed)):
        sample = np.repeat(rows, counts[codes])
        scores.append(score(y_true[sample], y_pred[sample]))
    return percentile_interval(scores, level, strata)


def macro_f1_interval(y_true, y_pred, groups=None, *, n_draws=1000, level=0.95, seed=0):
    """Compute the interval of macro F1 by bootstrap over groups, stratified by class.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,), or of shape (n, n_labels)
        Classes of one kind: numbers or strings; or indicator matrices of several labels, which are
        no strata.
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
    if is_indicator(y_true):
        options = {"n_draws": n_draws, "level": level, "seed": seed}
        interval = bootstrap_interval(y_true, y_pred, codes, score=macro_f1, **options)
        return tuple(map(float, np.clip(interval, 0, 1)))
    strata = _strata_of_groups(y_true, codes)
    samples = group_bootstrap(strata, n_draws, np.random.default_rng(seed))
    # Scaled, the n - 1 sampled groups stand for n, so that each class keeps its share of the clips.
    sizes = np.bincount(strata)[strata]
    samples = samples * (sizes / np.maximum(sizes - 1, 1))
    totals = (samples @ _count_by_group(y_true, y_pred, codes)).reshape(n_draws, 2, -1)
    # F1 needs only the sum of the true and the predicted counts.
    return percentile_interval(macro_f1_of_counts(totals[:, 0], totals[:, 1], 0), level, strata)


def paired_difference(y_true, y_pred, y_baseline, groups=None, *, n_draws=1000, level=0.95, seed=0):
    """Compute the difference in macro F1 of two predictions of the same clips, and its interval.

    Both predictions are scored on the same bootstrap samples, so errors that they share cancel.

    Parameters
    ----------
    y_true, y_pred, y_baseline : array-like of shape (n,), or of shape (n, n_labels)
        Classes of one kind: numbers or strings; or indicator matrices of several labels.
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
        Macro F1 of ``y_pred`` minus that of ``y_baseline``, and its interval.

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
        pair = np.ascontiguousarray(np.moveaxis(pair, 1, 0))
        if y_true.ndim > 1:
            return macro_f1(y_true, pair[0]) - macro_f1(y_true, pair[1])
        new, baseline = macro_f1_of_codes(y_true, pair, n_classes)
        return float(new - baseline)

    y_true, pair = codes[0], np.moveaxis(codes[1:], 0, 1)
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
    for labels in (y_true, y_pred):
        check_none_missing(labels, "label", "add it, or leave the row out")
    if groups is None:
        return np.arange(len(y_true))
    return np.unique(check_groups(groups, len(y_true)), return_inverse=True)[1]


def percentile_interval(scores, level, strata):
    """Return the interval that holds a share of the bootstrap scores, widened for few groups.

    Parameters
    ----------
    scores : array-like of shape (n_draws,) or (n_draws, n_scores)
    level : float
        In (0, 1).
    strata : array-like of shape (n_groups,), int
        As for :func:`group_bootstrap`. The percentiles are those at which a normal distribution has
        the quantiles of Student's t with (number of groups - number of strata) degrees of freedom.

    Returns
    -------
    low, high : float, or ndarray of shape (n_scores,)
    """
    strata = pool_single_groups(strata)
    degrees_of_freedom = len(strata) - strata.max() - 1
    tail = norm.cdf(t.ppf((1 - level) / 2, degrees_of_freedom))
    low, high = np.quantile(scores, [tail, 1 - tail], axis=0)
    return (float(low), float(high)) if np.ndim(low) == 0 else (low, high)


def _strata_of_groups(y_true, groups):
    """Return the stratum of each group: its class, or one for all groups of several classes."""
    if np.ndim(y_true) > 1:
        return np.zeros(groups.max() + 1, dtype=int)
    _, classes = np.unique(y_true, return_inverse=True)
    first, last = np.full((2, groups.max() + 1), -1)
    first[groups[::-1]], last[groups] = classes[::-1], classes
    is_mixed = np.zeros(len(first), dtype=bool)
    is_mixed[groups[classes != first[groups]]] = True
    return pool_single_groups(np.where(is_mixed, -1, last))


def _count_by_group(y_true, y_pred, groups):
    """Count hits, and true plus predicted clips, by group: shape (n_groups, 2 * n_classes)."""
    _, codes = np.unique(np.concatenate([y_true, y_pred]), return_inverse=True)
    y_true, y_pred = codes[: len(y_true)], codes[len(y_true) :]
    hits, clips = np.zeros((2, groups.max() + 1, codes.max() + 1))
    np.add.at(hits, (groups[y_true == y_pred], y_true[y_true == y_pred]), 1)
    np.add.at(clips, (groups, y_true), 1)
    np.add.at(clips, (groups, y_pred), 1)
    return np.hstack([hits, clips])
