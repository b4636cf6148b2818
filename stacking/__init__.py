"""Stacking: folds, out-of-fold predictions, the stacker, blends, and what uses their predictions.

Everything here takes estimators and tables; nothing depends on audio. Public names are imported
when they are first used, so that the command line can read ``BLENDS`` without scikit-learn.
"""

from ..utils.lazy_import import lazy_exports
from .blending import BLENDS

_EXPORTS = {
    "ExpectedScore": ".expected_score",
    "LabelwiseClassifier": ".labelwise",
    "OutOfFoldStacker": ".stacker",
    "PredictionAdjuster": ".calibration",
    "assign_folds": ".folds",
    "bootstrap_interval": ".metrics",
    "check_shuffled_labels": ".leakage",
    "check_stack": ".leakage",
    "check_unique_tones": ".leakage",
    "compare_blends": ".blending",
    "default_final_estimator": ".meta_model",
    "expect_scores": ".expected_score",
    "fold_balance": ".folds",
    "leave_one_model_out": ".blending",
    "macro_f1": ".metrics",
    "make_blend": ".blending",
    "nested_predictions": ".meta_model",
    "oof_predictions": ".base_models",
    "pseudo_label": ".pseudo_labels",
    "score_classes": ".metrics",
}
__all__ = ["BLENDS", *_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
