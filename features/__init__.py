"""Handcrafted audio features: families of descriptors over one spectrum, and their statistics."""

from .columns import feature_columns
from .descriptors import FAMILIES
from .descriptors.family import descriptor
from .descriptors.mel import log_mel
from .extraction import extract, extract_batches, join_batches, write_features
from .extractor import ClipDescriptors, Extractor
from .selection import family_of, feature_names
from .statistics import STATISTICS
from .store import FeatureStore
from .transformer import SpectralFeatures

__all__ = [
    "FAMILIES",
    "STATISTICS",
    "ClipDescriptors",
    "Extractor",
    "FeatureStore",
    "SpectralFeatures",
    "descriptor",
    "extract",
    "extract_batches",
    "family_of",
    "feature_columns",
    "feature_names",
    "join_batches",
    "log_mel",
    "write_features",
]
