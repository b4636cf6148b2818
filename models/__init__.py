"""Models: classifiers over clips, each a plain scikit-learn estimator.

Modules are imported when one of their names is first used: the command line reads the registry
without importing scikit-learn.
"""

from ..utils.lazy_import import lazy_exports

_EXPORTS = {
    "MODELS": ".registry",
    "AudioEmbedding": ".deep.audio_embedding",
    "Codebook": ".codebook",
    "EffNetClassifier": ".deep.effnet",
    "EffNetEmbedding": ".deep.effnet",
    "EffNetLogits": ".deep.effnet",
    "ModelSpec": ".registry",
    "check_model_names": ".factory",
    "device_of": ".networks",
    "export_onnx": ".deep.onnx",
    "fit_each_label": ".each_label",
    "find_networks": ".inspection",
    "load_model": ".persistence",
    "make_baseline": ".baseline",
    "make_codebook": ".codebook",
    "make_embed": ".embed",
    "make_lda": ".discriminant",
    "make_lgbm": ".trees",
    "make_lr": ".linear",
    "make_model": ".factory",
    "model_columns": ".factory",
    "resolve_auto": ".networks",
    "save_model": ".persistence",
    "set_resources": ".factory",
    "split_names": ".model_name",
}

__all__ = list(_EXPORTS)
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
