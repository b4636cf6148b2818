"""How models combine: folds, out-of-fold predictions, the ledger, the stacker, and what follows."""

from .blending.comparison import BLENDS, compare_blends, make_blend
from .calibration.adjuster import PredictionAdjuster
from .folds import assign_folds, fold_balance
from .leakage import check_shuffled_labels, check_stack, check_unique_tones
from .meta_model import default_final_estimator, nested_predictions
from .metrics.f1 import macro_f1, score_classes
from .metrics.intervals import bootstrap_interval
from .out_of_fold import fit_fold, name_columns, predict_with, resolve_method, to_labels
from .pseudo_labels.rounds import pseudo_label
from .stacker import OutOfFoldStacker

__all__ = [
    "BLENDS",
    "OutOfFoldStacker",
    "PredictionAdjuster",
    "assign_folds",
    "bootstrap_interval",
    "check_shuffled_labels",
    "check_stack",
    "check_unique_tones",
    "compare_blends",
    "default_final_estimator",
    "fit_fold",
    "fold_balance",
    "macro_f1",
    "make_blend",
    "name_columns",
    "nested_predictions",
    "predict_with",
    "pseudo_label",
    "resolve_method",
    "score_classes",
    "to_labels",
]
