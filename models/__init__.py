"""What can be learnt: classifiers over clips, each a plain scikit-learn estimator."""

from .bagging import nets_in
from .deep.checkpoint import kept_checkpoints
from .deep.onnx_file import export_onnx
from .deep.weights import weights_key
from .effnet import EffNetClassifier, EffNetEmbedding, EffNetLogits
from .heuristic import make_heuristic
from .linear import make_lr
from .naming import split_names
from .registry import (
    MODELS,
    check_model_names,
    device_of,
    make_model,
    model_columns,
    set_means,
    settle,
)
from .saving import load_model, save_model
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
