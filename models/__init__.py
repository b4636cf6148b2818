"""What can be learnt: classifiers over clips, each a plain scikit-learn estimator."""

from .baseline import make_baseline
from .deep.backbones.pretrained import weights_hash
from .deep.effnet import EffNetClassifier, EffNetEmbedding, EffNetLogits
from .deep.onnx import export_onnx
from .deep.training.checkpoint import defer_checkpoint_cleanup
from .linear import make_lr
from .model_name import split_names
from .persistence import load_model, save_model
from .registry import (
    MODELS,
    check_model_names,
    device_of,
    make_model,
    model_columns,
    resolve_auto,
    set_resources,
)
from .seed_ensemble import find_networks
from .trees import make_lgbm

__all__ = [
    "MODELS",
    "EffNetClassifier",
    "EffNetEmbedding",
    "EffNetLogits",
    "check_model_names",
    "defer_checkpoint_cleanup",
    "device_of",
    "export_onnx",
    "find_networks",
    "load_model",
    "make_baseline",
    "make_lgbm",
    "make_lr",
    "make_model",
    "model_columns",
    "resolve_auto",
    "save_model",
    "set_resources",
    "split_names",
    "weights_hash",
]
