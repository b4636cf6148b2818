"""Classifier of the two-sample test: held-out scores, their AUC, its interval and permutations.

Conventions: rows are the clips of set A followed by those of set B; ``is_b`` labels them. A
*labelling* is one assignment of all clips to A and B. Scores are compared within folds only,
because each fold has its own classifier.

The classifier is a regularised least-squares discriminant in its dual form: the kernel matrix does
not depend on the labels, and held-out scores are linear in them, so a refit for another labelling
costs one more column of a matrix product.
"""

import numpy as np
from scipy.stats import norm, rankdata

from ...features import family_of
from ...stacking.metrics import group_bootstrap, percentile_interval
from .clip_stats import CLIP_STATS, DECAY_RATE, DETUNING

# Ridge penalty per training clip, of a kernel whose diagonal is about 1.
PENALTY = 0.01
# What the columns of an embedding begin with.
EMBEDDING_PREFIX = "embedding_"


def normal_scores(X):
    """Transform each column to the normal quantiles of its ranks.

    Parameters
    ----------
    X : ndarray of shape (n_clips, n_features)

    Returns
    -------
    ndarray of shape (n_clips, n_features), float64
        Ties have their mean rank; columns are centred. Monotonic transformations of a feature,
        such as its logarithm, have no effect.
    """
    scores = norm.ppf((rankdata(X, axis=0) - 0.5) / len(X))
    return scores - scores.mean(axis=0)


def family_kernels(X):
    """Compute the kernel of each feature family.

    Parameters
    ----------
    X : DataFrame of shape (n_clips, n_features)

    Returns
    -------
    dict of str to ndarray of shape (n_clips, n_clips)
        By family; statistics of whole clips are of the families ``"length and level"``,
        ``"tuning"`` and ``"decay"``, those of an embedding of ``"embedding"``, features of the
        user's own of ``"other"``.
    """
    own = dict.fromkeys(CLIP_STATS, "length and level")
    own |= {DETUNING: "tuning", DECAY_RATE: "decay"}
    pairs = zip(X.columns, family_of(X.columns), strict=True)
    families = np.array([own.get(name) or family or _unnamed(name) for name, family in pairs])
    scores = normal_scores(X.to_numpy(np.float64))
    return {name: _kernel(scores[:, families == name]) for name in dict.fromkeys(families.tolist())}


def _unnamed(column):
    return "embedding" if column.startswith(EMBEDDING_PREFIX) else "other"


def _kernel(scores):
    """Compute the linear kernel of columns, scaled to a mean diagonal of 1; 0 if none varies."""
    kernel = scores @ scores.T
    diagonal = np.trace(kernel) / len(kernel)
    return kernel / diagonal if diagonal > 0 else kernel


def held_out_scores(kernel, folds, labels, penalty=PENALTY):
    """Score each clip by the classifier fitted without its fold.

    Parameters
    ----------
    kernel : ndarray of shape (n_clips, n_clips)
    folds : ndarray of shape (n_clips,), int
    labels : ndarray of shape (n_clips, n_labellings), bool
        One labelling per column.
    penalty : float, default=0.01
        Ridge penalty per training clip.

    Returns
    -------
    ndarray of shape (n_clips, n_labellings), float64
        Higher for clips that are more likely of B.

    Notes
    -----
    Ridge regression on the labels, whose direction is that of Fisher's regularised discriminant:
    :math:`k^T (K + \\lambda n I)^{-1} (y - \\bar y)`.
    """
    scores = np.empty(labels.shape)
    for fold in np.unique(folds):
        out = folds == fold
        inner = kernel[np.ix_(~out, ~out)]
        ridge = inner + penalty * len(inner) * np.eye(len(inner))
        target = labels[~out].astype(float)
        weights = np.linalg.solve(ridge, target - target.mean(axis=0))
        scores[out] = kernel[np.ix_(out, ~out)] @ weights
    return scores


def fold_auc(scores, labels, folds):
    """Compute the AUC over the pairs of clips within folds.

    Parameters
    ----------
    scores : ndarray of shape (n_clips, n_labellings)
    labels : ndarray of shape (n_clips, n_labellings), bool
    folds : ndarray of shape (n_clips,), int

    Returns
    -------
    ndarray of shape (n_labellings,)
        The share of pairs in which the clip of B has the higher score; ties count half.
    """
    wins, pairs = 0.0, 0.0
    for fold in np.unique(folds):
        inside = labels[folds == fold]
        n_b = inside.sum(axis=0)
        ranks = np.where(inside, rankdata(scores[folds == fold], axis=0), 0.0).sum(axis=0)
        wins = wins + ranks - n_b * (n_b + 1) / 2
        pairs = pairs + n_b * (len(inside) - n_b)
    return wins / pairs


def permute_labels(is_b, groups, folds, n_permutations, rng):
    """Sample labellings that are as likely as ``is_b`` if both sets have the same distribution.

    Parameters
    ----------
    is_b : ndarray of shape (n_clips,), bool
    groups : ndarray of shape (n_clips,)
    folds : ndarray of shape (n_clips,), int
    n_permutations : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_clips, n_permutations), bool
        Within each fold, whole groups are shuffled and A and B keep their sizes, so at most one
        group per fold is split.
    """
    _, group = np.unique(groups, return_inverse=True)
    labels = np.empty((len(is_b), n_permutations), dtype=bool)
    for column in range(n_permutations):
        order = np.argsort(rng.permutation(group.max() + 1)[group], kind="stable")
        for fold in np.unique(folds):
            shuffled = order[folds[order] == fold]
            n_a = np.count_nonzero(~is_b[shuffled])
            # Whether A or B has more of the split group must not depend on the order within it.
            shuffled = shuffled if rng.random() < 0.5 else shuffled[::-1]
            labels[shuffled, column] = np.arange(len(shuffled)) >= n_a
    return labels


def auc_interval(scores, is_b, folds, groups, *, level, n_resamples, rng):
    """Compute a bootstrap interval of the AUC, resampling the groups of A and of B.

    Parameters
    ----------
    scores : ndarray of shape (n_clips,)
        Taken as fixed: the interval does not include the variation of refitting.
    is_b : ndarray of shape (n_clips,), bool
    folds : ndarray of shape (n_clips,), int
    groups : ndarray of shape (n_clips,)
    level : float
        Such as 0.95.
    n_resamples : int
    rng : numpy.random.Generator

    Returns
    -------
    tuple of (float, float)
        Percentiles.
    """
    a, b = scores[~is_b, None], scores[None, is_b]
    same_fold = folds[~is_b, None] == folds[None, is_b]
    wins = ((b > a) + 0.5 * (b == a)) * same_fold
    weights_a, n_groups_a = resample_groups(groups[~is_b], n_resamples, rng)
    weights_b, n_groups_b = resample_groups(groups[is_b], n_resamples, rng)
    won = np.einsum("ra,ra->r", weights_a, weights_b @ wins.T)
    pairs = np.einsum("ra,ra->r", weights_a, weights_b @ same_fold.T.astype(float))
    strata = np.repeat([0, 1], [n_groups_a, n_groups_b])
    return percentile_interval(won[pairs > 0] / pairs[pairs > 0], level, strata)


def resample_groups(groups, n_resamples, rng):
    """Sample groups with replacement.

    Parameters
    ----------
    groups : ndarray of shape (n_clips,)
    n_resamples : int
    rng : numpy.random.Generator

    Returns
    -------
    counts : ndarray of shape (n_resamples, n_clips), float64
        How often each clip occurs.
    n_groups : int
    """
    names, group = np.unique(groups, return_inverse=True)
    counts = group_bootstrap(np.zeros(len(names), dtype=int), n_resamples, rng)
    return counts[:, group].astype(float), len(names)
