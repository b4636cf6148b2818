"""What a clip sounds like: one spectrum, families of descriptors, summaries, transformers."""

from .columns import feature_columns
from .descriptors.mel import log_mel
from .extraction import extract, extract_batches, write_features
from .extractor import Extractor
from .families import FAMILIES, family_of, feature_names
from .statistics import STATISTICS
from .store import FeatureStore
from .transformer import SpectralFeatures

__all__ = [
    "FAMILIES",
    "STATISTICS",
    "Extractor",
    "FeatureStore",
    "SpectralFeatures",
    "extract",
    "extract_batches",
    "family_of",
    "feature_columns",
    "feature_names",
    "log_mel",
    "write_features",
]
