"""The classifier of the two-sample test: held-out scores, their AUC, its interval and its null.

Conventions: rows are the clips of set A and then those of set B; ``is_b`` tells them apart. Scores
are only compared within a fold, for each fold has its own classifier.

The classifier is a regularised least-squares discriminant in the dual: with a kernel matrix made
without looking at the sides, held-out scores are a linear map of the sides, so a permutation is a
full refit at the price of a matrix product.
"""

import numpy as np
from scipy.stats import norm, rankdata

from ...stacking.metrics import group_bootstrap
from ...stacking.metrics.intervals import percentile_interval

# Ridge penalty per training clip, of a kernel whose diagonal is about 1.
PENALTY = 0.01


def normal_scores(X):
    """Turn each column's values into the quantiles of a normal distribution at their ranks.

    Parameters
    ----------
    X : ndarray of shape (n, n_features)

    Returns
    -------
    ndarray of shape (n, n_features), float64
        Ties share their mean rank; each column is centred. Monotonic changes of a feature, such as
        its logarithm, cancel.
    """
    scores = norm.ppf((rankdata(X, axis=0) - 0.5) / len(X))
    return scores - scores.mean(axis=0)


def family_kernel(scores):
    """Make the linear kernel of a family's columns, scaled to a mean diagonal of 1.

    Parameters
    ----------
    scores : ndarray of shape (n, n_features)

    Returns
    -------
    ndarray of shape (n, n)
        All 0 when no column varies.
    """
    kernel = scores @ scores.T
    diagonal = np.trace(kernel) / len(kernel)
    return kernel / diagonal if diagonal > 0 else kernel


def held_out_scores(kernel, folds, sides, penalty=PENALTY):
    """Score every clip by the classifier that was fitted without its fold.

    Parameters
    ----------
    kernel : ndarray of shape (n, n)
    folds : ndarray of shape (n,), int
    sides : ndarray of shape (n, n_labellings), bool
        One column for each way of telling the two sets apart.
    penalty : float, default=0.01
        Ridge penalty per training clip.

    Returns
    -------
    ndarray of shape (n, n_labellings), float64
        Higher for what looks like B.

    Notes
    -----
    Ridge regression on the sides, whose direction is that of Fisher's regularised discriminant:
    :math:`k^T (K + \\lambda n I)^{-1} (y - \\bar y)`.
    """
    scores = np.empty(sides.shape)
    for fold in np.unique(folds):
        out = folds == fold
        inner = kernel[np.ix_(~out, ~out)]
        ridge = inner + penalty * len(inner) * np.eye(len(inner))
        target = sides[~out].astype(float)
        weights = np.linalg.solve(ridge, target - target.mean(axis=0))
        scores[out] = kernel[np.ix_(out, ~out)] @ weights
    return scores


def fold_auc(scores, sides, folds):
    """Compute the chance that a clip of B outscores one of A in its fold; ties count half.

    Parameters
    ----------
    scores : ndarray of shape (n, n_labellings)
    sides : ndarray of shape (n, n_labellings), bool
    folds : ndarray of shape (n,), int

    Returns
    -------
    ndarray of shape (n_labellings,)
        Mann and Whitney's statistic over the pairs within folds.
    """
    wins, pairs = 0.0, 0.0
    for fold in np.unique(folds):
        ours = sides[folds == fold]
        n_b = ours.sum(axis=0)
        ranks = np.where(ours, rankdata(scores[folds == fold], axis=0), 0.0).sum(axis=0)
        wins = wins + ranks - n_b * (n_b + 1) / 2
        pairs = pairs + n_b * (len(ours) - n_b)
    return wins / pairs


def permute_sides(is_b, groups, folds, n_permutations, rng):
    """Draw labellings that would be as likely if both sets were the same.

    Parameters
    ----------
    is_b : ndarray of shape (n,), bool
    groups : ndarray of shape (n,)
    folds : ndarray of shape (n,), int
    n_permutations : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n, n_permutations), bool
        Within each fold groups are shuffled whole and dealt to sides as large as they are, so at
        most one group a fold is split.
    """
    _, group = np.unique(groups, return_inverse=True)
    sides = np.empty((len(is_b), n_permutations), dtype=bool)
    for column in range(n_permutations):
        order = np.argsort(rng.permutation(group.max() + 1)[group], kind="stable")
        for fold in np.unique(folds):
            shuffled = order[folds[order] == fold]
            n_a = np.count_nonzero(~is_b[shuffled])
            # Which side a fold's last, split group favours must not depend on its own order.
            shuffled = shuffled if rng.random() < 0.5 else shuffled[::-1]
            sides[shuffled, column] = np.arange(len(shuffled)) >= n_a
    return sides


def auc_interval(scores, is_b, folds, groups, *, level, n_resamples, rng):
    """Bootstrap the AUC by groups, of each side separately.

    Parameters
    ----------
    scores : ndarray of shape (n,)
    is_b : ndarray of shape (n,), bool
    folds : ndarray of shape (n,), int
    groups : ndarray of shape (n,)
    level : float
        Such as 0.95.
    n_resamples : int
    rng : numpy.random.Generator

    Returns
    -------
    tuple of (float, float)
        Percentiles. The scores are taken as given: what another fit would change is not in it.
    """
    a, b = scores[~is_b, None], scores[None, is_b]
    together = folds[~is_b, None] == folds[None, is_b]
    wins = ((b > a) + 0.5 * (b == a)) * together
    weights_a = _resample(groups[~is_b], n_resamples, rng)
    weights_b = _resample(groups[is_b], n_resamples, rng)
    won = np.einsum("ra,ra->r", weights_a, weights_b @ wins.T)
    pairs = np.einsum("ra,ra->r", weights_a, weights_b @ together.T.astype(float))
    return percentile_interval(won[pairs > 0] / pairs[pairs > 0], level)


def _resample(groups, n_resamples, rng):
    """How often each clip is drawn when its groups are drawn with replacement."""
    _, group = np.unique(groups, return_inverse=True)
    counts = np.array([*group_bootstrap(group.max() + 1, n_resamples, rng, multinomial=True)])
    return counts[:, group].astype(float)
