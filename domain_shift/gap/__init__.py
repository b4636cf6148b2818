"""Domain gap: whether, how well and by what a classifier separates two sets of clips."""

from .clip_sets import ClipSet, measure_gap, sample_synthetic
from .clip_stats import compute_clip_stats
from .differences import Difference
from .facets import Facet
from .two_sample import Gap, domain_gap

__all__ = [
    "ClipSet",
    "Difference",
    "Facet",
    "Gap",
    "compute_clip_stats",
    "domain_gap",
    "measure_gap",
    "sample_synthetic",
]
