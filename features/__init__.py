"""Handcrafted audio features: families of descriptors over one spectrum, and their statistics.

Public names are imported when they are first used, so that worker processes, which only extract, do
not import scikit-learn.
"""

from ..utils.lazy_import import lazy_exports

_EXPORTS = {
    "FAMILIES": ".descriptors",
    "STATISTICS": ".statistics",
    "ClipDescriptors": ".extractor",
    "Extractor": ".extractor",
    "FeatureStore": ".store",
    "PatchFeatures": ".transformer",
    "SpectralFeatures": ".transformer",
    "descriptor": ".descriptors.family",
    "extract": ".extraction",
    "extract_batches": ".extraction",
    "family_of": ".selection",
    "feature_columns": ".columns",
    "feature_names": ".selection",
    "join_batches": ".extraction",
    "log_mel": ".descriptors.mel",
    "write_features": ".extraction",
}
__all__ = [*_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
