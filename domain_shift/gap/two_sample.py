"""Classifier two-sample test: whether, and by which features, two sets of clips are separable.

The test works on tables of features and needs no class labels, so it can compare synthetic training
clips with the clips to predict.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ...exceptions import DataError, UsageError
from ...stacking.folds import stratified_group_folds
from ...utils.threads import one_blas_thread
from .differences import Difference, find_differences
from .facets import Facet, find_facets
from .scores import (
    auc_interval,
    family_kernels,
    fold_auc,
    held_out_scores,
    permute_labels,
)

_LEVEL = 0.95
_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Gap:
    """Domain gap between two sets of clips, A and B.

    Attributes
    ----------
    n_a, n_b : int
        Numbers of clips.
    auc : float
        AUC of a classifier on held-out clips: 0.5 if the sets are not separable, 1 if they are
        separated without error.
    interval : tuple of (float, float)
        95 % interval of the AUC, by a bootstrap of groups over the held-out scores.
    p_value : float
        Share of permuted labellings that reach the AUC, with the classifier refitted for each.
    n_permutations : int
    families : dict of str to float
        AUC of each feature family alone, the highest first.
    differences : tuple of Difference
        Differences of interpretable features, by falling effect size.
    facets : tuple of Facet, default=()
        Level, tempo and pitch, spectrum, dynamics and noise, in the order in which they were found,
        each corrected for those before it.
    between_songs_auc : float or None, default=None
        AUC between clips of A that share no song, which is due to different songs alone.

    See Also
    --------
    domain_gap : Compute the gap from tables of features.
    measure_gap : Compute the gap from clips.

    Examples
    --------
    >>> from stemstack.domain_shift.gap import Gap
    >>> gap = Gap(100, 100, 0.51, (0.43, 0.59), 0.4, 199, {"mfcc": 0.52}, ())
    >>> gap.is_separable
    False
    """

    n_a: int
    n_b: int
    auc: float
    interval: tuple
    p_value: float
    n_permutations: int
    families: dict
    differences: tuple[Difference, ...]
    facets: tuple[Facet, ...] = ()
    between_songs_auc: float | None = None

    @property
    def is_separable(self):
        """Whether the p-value is below 0.05."""
        return self.p_value < _SIGNIFICANT

    @property
    def significant_differences(self):
        """The differences with a p-value below 0.05, as a tuple of Difference."""
        return tuple(found for found in self.differences if found.is_significant)

    def to_dict(self):
        """Return plain data for JSON."""
        found = [difference.to_dict() for difference in self.differences]
        facets = [facet.to_dict() for facet in self.facets]
        return asdict(self) | {
            "differences": found,
            "facets": facets,
            "is_separable": self.is_separable,
        }


@one_blas_thread()
def domain_gap(
    X_a,
    X_b,
    groups_a=None,
    groups_b=None,
    *,
    n_folds=5,
    n_permutations=199,
    n_resamples=1000,
    seed=0,
    between_songs_auc=None,
):
    """Test whether a classifier can separate two sets of clips.

    Parameters
    ----------
    X_a, X_b : DataFrame of shape (n_clips, n_features)
        Finite numbers; the same columns in both.
    groups_a, groups_b : array-like of shape (n_clips,), optional
        Groups of clips that are not independent, for example because they share songs; a group may
        have clips in both sets. Groups are not split between training and held-out clips. By
        default, each clip is a group.
    n_folds : int, default=5
        Reduced to the number of groups of the smaller set.
    n_permutations : int, default=199
        The smallest possible p-value is 1 / (1 + n_permutations).
    n_resamples : int, default=1000
        Bootstrap resamples for the interval.
    seed : int, default=0
    between_songs_auc : float, optional
        Stored in the result.

    Returns
    -------
    Gap

    Raises
    ------
    DataError
        If the columns differ, values are not finite, or a set has fewer than two groups.
    UsageError
        If a number is out of range.

    See Also
    --------
    measure_gap : Compute the features of clips first.

    Notes
    -----
    Features are transformed to normal scores of their ranks over both sets; all feature families
    have the same weight. Permutations exchange whole groups within folds: the test is exact if each
    clip is a group, and approximate otherwise. The groups of B are often unknown; if its clips
    share songs, an AUC slightly above 0.5 is expected without any other difference.

    References
    ----------
    Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from stemstack.domain_shift.gap import domain_gap
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.normal(size=(80, 2)), columns=["tempo", "centroid_mean"])
    >>> gap = domain_gap(table[:40], table[40:] + 3)
    >>> gap.auc, gap.is_separable
    (1.0, True)
    """
    _check_counts(n_folds=(n_folds, 2), n_permutations=(n_permutations, 1), seed=(seed, 0))
    _check_counts(n_resamples=(n_resamples, 1))
    X, is_b, groups = _concatenate(X_a, X_b, groups_a, groups_b)
    rng = np.random.default_rng(seed)
    folds = stratified_group_folds(is_b, groups, _possible_folds(is_b, groups, n_folds), seed)
    kernels = family_kernels(X)
    joint = sum(kernels.values()) / len(kernels)
    labels = np.column_stack([is_b, permute_labels(is_b, groups, folds, n_permutations, rng)])
    scores = held_out_scores(joint, folds, labels)
    aucs = fold_auc(scores, labels, folds)
    by_family = {name: _auc(kernel, folds, is_b) for name, kernel in kernels.items()}
    # The random stream: differences first, then the interval, then the facets.
    differences = find_differences(X, is_b, groups, n_permutations=n_permutations, rng=rng)
    interval = auc_interval(
        scores[:, 0], is_b, folds, groups, level=_LEVEL, n_resamples=n_resamples, rng=rng
    )
    # Fewer, because the correction is estimated again in each.
    sizes = {"n_resamples": max(1, n_resamples // 5)}
    facets = find_facets(X, is_b, groups, folds, differences, **sizes, rng=rng)
    return Gap(
        n_a=len(X_a),
        n_b=len(X_b),
        auc=float(aucs[0]),
        interval=interval,
        p_value=float(np.mean(aucs >= aucs[0] - 1e-12)),
        n_permutations=n_permutations,
        families=dict(sorted(by_family.items(), key=lambda item: -item[1])),
        differences=differences,
        facets=facets,
        between_songs_auc=between_songs_auc,
    )


@one_blas_thread()
def gap_scores(X_a, X_b, groups_a=None, groups_b=None, *, n_folds=5, seed=0):
    """Compute the held-out scores of :func:`domain_gap` and their AUC, with the same parameters.

    Returns
    -------
    scores_a, scores_b : ndarray of shape (n_clips,)
        Higher for clips that are more likely of B.
    auc : float
    """
    X, is_b, groups = _concatenate(X_a, X_b, groups_a, groups_b)
    folds = stratified_group_folds(is_b, groups, _possible_folds(is_b, groups, n_folds), seed)
    kernels, labels = family_kernels(X), is_b[:, None]
    scores = held_out_scores(sum(kernels.values()) / len(kernels), folds, labels)
    return scores[~is_b, 0], scores[is_b, 0], float(fold_auc(scores, labels, folds)[0])


def gap_auc(X_a, X_b, groups_a=None, groups_b=None, *, n_folds=5, seed=0):
    """Compute the AUC of :func:`domain_gap` only, with the same parameters."""
    return gap_scores(X_a, X_b, groups_a, groups_b, n_folds=n_folds, seed=seed)[2]


def _auc(kernel, folds, is_b):
    labels = is_b[:, None]
    return float(fold_auc(held_out_scores(kernel, folds, labels), labels, folds)[0])


def _check_counts(**counts):
    for name, (value, minimum) in counts.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise UsageError(f"{name} must be a whole number ≥ {minimum}. Got {value!r} instead.")


def _concatenate(X_a, X_b, groups_a, groups_b):
    """Return the table of both sets, whether each clip is of B, and its group as a number."""
    if list(X_a.columns) != list(X_b.columns):
        unmatched = sorted(set(X_a.columns) ^ set(X_b.columns))
        raise DataError(
            f"Both sets must have the same features in the same order. Got {len(X_a.columns)} and "
            f"{len(X_b.columns)}{', of which only one has ' + unmatched[0] if unmatched else ''}."
        )
    X = pd.concat([X_a, X_b], ignore_index=True)
    if not np.isfinite(X.to_numpy(np.float64)).all():
        raise DataError("The features have NaN or infinite values; leave out those clips.")
    is_b = np.arange(len(X)) >= len(X_a)
    names = [*_group_names("a", groups_a, len(X_a)), *_group_names("b", groups_b, len(X_b))]
    return X, is_b, pd.factorize(pd.Series(names, dtype=object))[0]


def _group_names(name, groups, n_clips):
    if groups is None:
        return [(name, i) for i in range(n_clips)]
    if len(groups) != n_clips:
        raise DataError(f"Expected a group for each of {n_clips} clips. Got {len(groups)}.")
    return list(groups)


def _possible_folds(is_b, groups, n_folds):
    fewest = min(len(np.unique(groups[~is_b])), len(np.unique(groups[is_b])))
    if fewest < 2:
        raise DataError(
            f"A set has {fewest} groups of clips, but at least 2 are needed in each set: add "
            "clips that share no song."
        )
    return min(n_folds, fewest)
