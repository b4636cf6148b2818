"""How models combine: folds, out-of-fold predictions, the ledger, the stacker, and what follows."""

from .blends import BLENDS, compare_blends, make_blend
from .decoding import Decoder
from .folds import assign_folds, fold_balance
from .intervals import bootstrap_interval
from .leak_guard import check_shuffled_labels, check_stack, check_unique_tones
from .ledger import Ledger, content_key
from .out_of_fold import decide, fit_fold, name_columns, predict_with, resolve_method
from .pseudo_labels import pseudo_label
from .scores import macro_f1
from .second_level import default_final_estimator, nested_predictions
from .stacker import OutOfFoldStacker

__all__ = [
    "BLENDS",
    "Decoder",
    "Ledger",
    "OutOfFoldStacker",
    "assign_folds",
    "bootstrap_interval",
    "check_shuffled_labels",
    "check_stack",
    "check_unique_tones",
    "compare_blends",
    "content_key",
    "decide",
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
]
