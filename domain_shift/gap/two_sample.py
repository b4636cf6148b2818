"""The gap between two sets of clips: can a classifier tell them apart, how well, and by what?

A classifier two-sample test on tables of features. It needs no label, so it can hold synthetic
clips against the clips to predict.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ...exceptions import DataError, UsageError
from ...features import family_of
from ...stacking.folds import stratified_group_folds
from .clip_stats import FACTS
from .differences import Difference, find_differences
from .scores import (
    auc_interval,
    family_kernel,
    fold_auc,
    held_out_scores,
    normal_scores,
    permute_sides,
)

LEVEL = 0.95
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Gap:
    """How far two sets of clips, A and B, are apart.

    Attributes
    ----------
    n_a, n_b : int
        Clips in each.
    auc : float
        Chance that a classifier, on clips it has not seen, finds a clip of B more like B than one
        of A: 0.5 where nothing tells them apart, 1 where everything does.
    interval : tuple of (float, float)
        95 %, by bootstrap of groups over the held-out scores.
    p_value : float
        Share of permuted labellings, the classifier refitted for each, that reach the AUC.
    n_permutations : int
    families : dict of str to float
        The AUC from one family of features at a time, the highest first.
    differences : tuple of Difference
        The readable features, the largest effect first.
    floor : float or None
        The AUC between clips of A that share no song: what other songs alone bring about.
    """

    n_a: int
    n_b: int
    auc: float
    interval: tuple
    p_value: float
    n_permutations: int
    families: dict
    differences: tuple[Difference, ...]
    floor: float | None = None

    @property
    def is_separable(self):
        """Whether the p-value is below 0.05."""
        return self.p_value < SIGNIFICANT

    @property
    def telling(self):
        """The differences that chance does not explain, as a tuple of Difference."""
        return tuple(found for found in self.differences if found.p_value < SIGNIFICANT)

    def to_dict(self):
        """Give plain data, fit for JSON."""
        found = [difference.to_dict() for difference in self.differences]
        return asdict(self) | {"differences": found, "is_separable": self.is_separable}


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
    floor=None,
):
    """Test whether a classifier can tell two sets of clips apart.

    Parameters
    ----------
    X_a, X_b : DataFrame of shape (n_clips, n_features)
        The same columns, numbers.
    groups_a, groups_b : array-like of shape (n_clips,), optional
        Clips that share something, such as songs, share a group, also across the two sets, and
        stay on one side of a split; each clip is its own group by default.
    n_folds : int, default=5
        At most as many as either set has groups.
    n_permutations : int, default=199
        The smallest p-value is 1 / (1 + n_permutations).
    n_resamples : int, default=1000
        Bootstrap draws for the interval.
    seed : int, default=0
    floor : float, optional
        Kept with the result.

    Returns
    -------
    Gap

    Raises
    ------
    DataError
        The columns differ, values are not finite, or a set has fewer than two groups.
    UsageError
        A number is out of its range.

    Notes
    -----
    Features become normal scores of their ranks, without looking at the sides; each family of
    features weighs the same. Permutations exchange whole groups within folds: exact where every
    clip is a group of its own, near it otherwise. B's clips are often taken as independent for want
    of knowing better; where they share songs, a gap of some points above 0.5 needs no other reason.

    References
    ----------
    Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.normal(size=(80, 2)), columns=["tempo", "centroid_mean"])
    >>> domain_gap(table[:40], table[40:] + 3).auc
    1.0
    """
    _check_counts(n_folds=(n_folds, 2), n_permutations=(n_permutations, 1), seed=(seed, 0))
    _check_counts(n_resamples=(n_resamples, 1))
    X, is_b, groups = _stack(X_a, X_b, groups_a, groups_b)
    rng = np.random.default_rng(seed)
    folds = stratified_group_folds(is_b, groups, _possible_folds(is_b, groups, n_folds), seed)
    kernels = _kernels(X)
    joint = sum(kernels.values()) / len(kernels)
    drawn = permute_sides(is_b, groups, folds, n_permutations, rng)
    sides = np.column_stack([is_b, drawn])
    scores = held_out_scores(joint, folds, sides)
    aucs = fold_auc(scores, sides, folds)
    by_family = {name: _auc(kernel, folds, is_b) for name, kernel in kernels.items()}
    found = find_differences(X, is_b, groups, n_permutations=n_permutations, rng=rng)
    return Gap(
        n_a=len(X_a),
        n_b=len(X_b),
        auc=float(aucs[0]),
        interval=auc_interval(
            scores[:, 0], is_b, folds, groups, level=LEVEL, n_resamples=n_resamples, rng=rng
        ),
        p_value=float(np.mean(aucs >= aucs[0] - 1e-12)),
        n_permutations=n_permutations,
        families=dict(sorted(by_family.items(), key=lambda item: -item[1])),
        differences=found,
        floor=floor,
    )


def gap_auc(X_a, X_b, groups_a=None, groups_b=None, *, n_folds=5, seed=0):
    """Compute the AUC of :func:`domain_gap`, and nothing else.

    Parameters
    ----------
    X_a, X_b, groups_a, groups_b, n_folds, seed
        As of :func:`domain_gap`.

    Returns
    -------
    float
    """
    X, is_b, groups = _stack(X_a, X_b, groups_a, groups_b)
    folds = stratified_group_folds(is_b, groups, _possible_folds(is_b, groups, n_folds), seed)
    kernels = _kernels(X)
    return _auc(sum(kernels.values()) / len(kernels), folds, is_b)


def _auc(kernel, folds, is_b):
    sides = is_b[:, None]
    return float(fold_auc(held_out_scores(kernel, folds, sides), sides, folds)[0])


def _check_counts(**counts):
    for name, (value, least) in counts.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UsageError(f"{name} must be a whole number ≥ {least}. Got {value!r} instead.")


def _stack(X_a, X_b, groups_a, groups_b):
    """Lay A and B out in one table, with the side and the number of the group of each clip."""
    if list(X_a.columns) != list(X_b.columns):
        strange = sorted(set(X_a.columns) ^ set(X_b.columns))
        raise DataError(
            f"Both sets must have the same features in the same order. Got {len(X_a.columns)} and "
            f"{len(X_b.columns)}{', of which only one has ' + strange[0] if strange else ''}"
        )
    X = pd.concat([X_a, X_b], ignore_index=True)
    if not np.isfinite(X.to_numpy(np.float64)).all():
        raise DataError("The features hold NaN or infinite values; leave out those clips")
    is_b = np.arange(len(X)) >= len(X_a)
    named = [*_name_groups("a", groups_a, len(X_a)), *_name_groups("b", groups_b, len(X_b))]
    return X, is_b, pd.factorize(pd.Series(named, dtype=object))[0]


def _name_groups(side, groups, n):
    if groups is None:
        return [(side, i) for i in range(n)]
    if len(groups) != n:
        raise DataError(f"Expected a group for each of {n} clips. Got {len(groups)}")
    return list(groups)


def _possible_folds(is_b, groups, n_folds):
    fewest = min(len(np.unique(groups[~is_b])), len(np.unique(groups[is_b])))
    if fewest < 2:
        raise DataError(
            f"A set has {fewest} groups of clips; at least 2 are needed on each side: give more "
            "clips, or clips that share no song"
        )
    return min(n_folds, fewest)


def _kernels(X):
    """Make a kernel for each family of features there is."""
    pairs = zip(X.columns, family_of(X.columns), strict=True)
    of = np.array(
        ["length and level" if name in FACTS else family or "other" for name, family in pairs]
    )
    scores = normal_scores(X.to_numpy(np.float64))
    return {name: family_kernel(scores[:, of == name]) for name in dict.fromkeys(of.tolist())}
