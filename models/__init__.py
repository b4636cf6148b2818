"""What can be learnt: classifiers over clips, each a plain scikit-learn estimator."""

from .baseline import make_heuristic
from .deep.backbones.pretrained import weights_key
from .deep.effnet import EffNetClassifier, EffNetEmbedding, EffNetLogits
from .deep.onnx import export_onnx
from .deep.training.checkpoint import kept_checkpoints
from .linear import make_lr
from .model_name import split_names
from .persistence import load_model, save_model
from .registry import (
    MODELS,
    check_model_names,
    device_of,
    make_model,
    model_columns,
    set_means,
    settle,
)
from .seed_ensemble import nets_in
from .trees import make_lgbm

__all__ = [
    "MODELS",
    "EffNetClassifier",
    "EffNetEmbedding",
    "EffNetLogits",
    "check_model_names",
    "device_of",
    "export_onnx",
    "kept_checkpoints",
    "load_model",
    "make_heuristic",
    "make_lgbm",
    "make_lr",
    "make_model",
    "model_columns",
    "nets_in",
    "save_model",
    "set_means",
    "settle",
    "split_names",
    "weights_key",
]
