"""stemstack: audio classification under domain shift, handcrafted features first.

Packages are imported on first use, so ``import stemstack`` is fast and does not import torch. The
most used functions and classes can be imported from here directly.
"""

import importlib

__version__ = "0.1.0"

_PACKAGE_OF = {
    "AudioEmbedding": "models",
    "EffNetClassifier": "models",
    "EffNetEmbedding": "models",
    "EffNetLogits": "models",
    "OutOfFoldStacker": "stacking",
    "Settings": "mashups",
    "SpectralFeatures": "features",
    "feature_columns": "features",
    "make_lgbm": "models",
    "make_lr": "models",
    "read_clip": "audio",
    "read_data": "datasets",
}
_PACKAGES = (
    "audio",
    "datasets",
    "domain_shift",
    "features",
    "mashups",
    "models",
    "reports",
    "runs",
    "serving",
    "stacking",
)

__all__ = ["__version__", *_PACKAGE_OF, *_PACKAGES]


def __getattr__(name):
    if name in _PACKAGES:
        return importlib.import_module(f".{name}", __name__)
    if name in _PACKAGE_OF:
        return getattr(importlib.import_module(f".{_PACKAGE_OF[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
