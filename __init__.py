"""stemstack: audio classification under domain shift, handcrafted features first.

Rooms are imported when they are first named, so ``import stemstack`` costs nothing and never
imports torch. The most used names can be taken from here directly.
"""

import importlib

__version__ = "0.1.0"

_HOMES = {
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
_ROOMS = (
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

__all__ = ["__version__", *_HOMES, *_ROOMS]


def __getattr__(name):
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
