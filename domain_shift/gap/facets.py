"""Facets of a gap: level, tempo and pitch, spectrum, dynamics and noise, each corrected for others.

A trivial fact, such as the peak level, separates two sets without error and hides the rest. So the
facet that separates them best is found first, and of each other facet only what the first does not
explain; then the next is found among what remains.

What a facet explains is estimated within the two sets, as in an analysis of covariance: of the
held-out scores of another facet, the part that varies with those of this one is subtracted.
"""

import re
from dataclasses import asdict, dataclass

import numpy as np

from ...features import family_of
from ...stacking.metrics import percentile_interval
from .differences import Difference
from .scores import EMBEDDING_PREFIX, family_kernels, held_out_scores, resample_groups

# A column belongs to the first facet whose pattern it matches. Whatever a gain changes is of the
# first: no other facet depends on the level.
_PATTERNS = {
    "embedding": rf"{EMBEDDING_PREFIX}.*",
    "length and level": r"duration|.*_dbfs|full_scale_share|(rms|logmel_\d+|mfcc_00)_.*",
    "tempo and pitch": r"tempo|detuning|beat_.*|chroma_.*|tonnetz_.*",
    "noise": r"(flatness|entropy|texture_\w+)_.*|(levelfree_\d+|octaves_\d)_min",
    "dynamics": r"decay_rate|loudness_range|peak_to_loudness|onset_strength_.*|flux_.*"
    r"|modulation_.*|mfcc_delta.*|percussive_.*|harmonic_.*",
    "spectrum": r".*",
}
_OTHER = "other"
_LEVEL = 0.95


@dataclass(frozen=True)
class Facet:
    """One aspect of a domain gap.

    Attributes
    ----------
    name : str
        ``"length and level"``, ``"tempo and pitch"``, ``"spectrum"``, ``"dynamics"``, ``"noise"``;
        ``"embedding"`` for the columns of a pretrained network, or ``"other"`` for features of the
        user's own.
    auc : float
        AUC of the features of this facet alone.
    corrected_auc : float
        The same without what the facets found before it explain; never above ``auc``.
    interval : tuple of (float, float)
        95 % interval of ``corrected_auc``.
    differences : tuple of Difference
        Significant differences of its interpretable features, by falling effect size; not
        corrected, so that they can be checked.

    See Also
    --------
    domain_gap : Finds the facets, among other results.

    Examples
    --------
    >>> from stemstack.domain_shift.gap import Facet
    >>> Facet("noise", 0.8, 0.52, (0.44, 0.6), ()).is_separable
    False
    """

    name: str
    auc: float
    corrected_auc: float
    interval: tuple
    differences: tuple[Difference, ...]

    @property
    def is_separable(self):
        """Whether the whole interval of the corrected AUC is above 0.5."""
        return self.interval[0] > 0.5

    def to_dict(self):
        """Return plain data for JSON."""
        found = [difference.to_dict() for difference in self.differences]
        return asdict(self) | {"differences": found, "is_separable": self.is_separable}


def find_facets(X, is_b, groups, folds, differences, *, n_resamples, rng):
    """Find the facets of a gap one after the other, each corrected for those before it.

    Parameters
    ----------
    X : DataFrame of shape (n_clips, n_features)
    is_b : ndarray of shape (n_clips,), bool
        Whether a clip is of set B.
    groups, folds : ndarray of shape (n_clips,), int
    differences : sequence of Difference
        To be named with their facets.
    n_resamples : int
        Bootstrap resamples for the intervals.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Facet
        In the order found: the first has the highest AUC, each of the others the highest after the
        correction for those before it.
    """
    names, labels = facets_of(X.columns), is_b[:, None]
    present = [name for name in (*_PATTERNS, _OTHER) if name in names]
    scores = {}
    for name in present:
        kernels = family_kernels(X.loc[:, names == name])
        mean = sum(kernels.values()) / len(kernels)
        scores[name] = held_out_scores(mean, folds, labels)[:, 0]
    significant = [difference for difference in differences if difference.is_significant]
    named = _group_by_facet(significant)
    counts, strata = _resample(is_b, groups, n_resamples, rng)
    once, facets, stronger = np.ones(len(is_b)), [], []

    def auc(name, weights):
        alone = partial_auc(scores[name], [], is_b, folds, weights)
        # Subtraction can make up a difference that the features do not have, in either direction.
        return min(alone, max(0.5, partial_auc(scores[name], stronger, is_b, folds, weights)))

    remaining = list(scores)
    while remaining:
        aucs = {name: auc(name, once) for name in remaining}
        best = max(aucs, key=aucs.get)
        alone = partial_auc(scores[best], [], is_b, folds, once)
        interval = percentile_interval([auc(best, count) for count in counts], _LEVEL, strata)
        facets.append(Facet(best, alone, aucs[best], interval, named.get(best, ())))
        stronger.append(scores[best])
        remaining.remove(best)
    return tuple(facets)


def facets_of(columns):
    """Return the facet of each feature.

    Parameters
    ----------
    columns : sequence of str

    Returns
    -------
    ndarray of shape (n_features,), object
    """

    def facet_of(column, family):
        facet = next(name for name, regex in _PATTERNS.items() if re.fullmatch(regex, column))
        is_own = facet == "spectrum" and family is None
        return _OTHER if is_own else facet

    pairs = zip(columns, family_of(columns), strict=True)
    return np.array([facet_of(*pair) for pair in pairs], dtype=object)


def _group_by_facet(differences):
    groups = {}
    for difference in differences:
        facet = facets_of([difference.column])[0]
        groups[facet] = (*groups.get(facet, ()), difference)
    return groups


def partial_auc(score, covariates, is_b, folds, weights):
    """Compute the AUC of a score at equal values of others, over pairs of clips within folds.

    Parameters
    ----------
    score : ndarray of shape (n_clips,)
    covariates : sequence of ndarray of shape (n_clips,)
        Their slopes are those within the clips of one set and fold.
    is_b : ndarray of shape (n_clips,), bool
    folds : ndarray of shape (n_clips,), int
    weights : ndarray of shape (n_clips,)
        How often each clip counts.

    Returns
    -------
    float
        0.5 if no pair of clips counts.
    """
    if covariates:
        values = np.column_stack([score, *covariates])
        within = _subtract_cell_means(values, 2 * folds + is_b, weights) * np.sqrt(weights)[:, None]
        slopes = np.linalg.lstsq(within[:, 1:], within[:, 0], rcond=None)[0]
        score = values[:, 0] - values[:, 1:] @ slopes
    won, pairs = 0.0, 0.0
    for fold in np.unique(folds):
        a, b = (folds == fold) & ~is_b, (folds == fold) & is_b
        order = np.argsort(score[a])
        below = np.concatenate([[0.0], np.cumsum(weights[a][order])])
        left, right = (np.searchsorted(score[a][order], score[b], s) for s in ("left", "right"))
        won += weights[b] @ (below[left] + below[right]) / 2
        pairs += weights[a].sum() * weights[b].sum()
    return float(won / pairs) if pairs else 0.5


def _subtract_cell_means(values, cells, weights):
    """Subtract the weighted mean of each cell; rows of cells without weight are 0."""
    _, cell = np.unique(cells, return_inverse=True)
    totals = np.bincount(cell, weights)
    sums = np.stack([np.bincount(cell, weights * column) for column in values.T], axis=1)
    means = sums / np.where(totals > 0, totals, 1.0)[:, None]
    return (values - means[cell]) * (totals[cell] > 0)[:, None]


def _resample(is_b, groups, n_resamples, rng):
    """Return how often each clip counts in each resample of the groups, and the groups' strata."""
    counts, strata = np.empty((n_resamples, len(is_b))), []
    for stratum, rows in enumerate((~is_b, is_b)):
        counts[:, rows], n_groups = resample_groups(groups[rows], n_resamples, rng)
        strata += [stratum] * n_groups
    return counts, np.array(strata)
