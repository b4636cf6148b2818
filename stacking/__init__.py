"""How models combine: folds, out-of-fold predictions, the ledger, the stacker."""

from .folds import assign_folds, fold_balance
from .ledger import Ledger, content_key
from .out_of_fold import decide, fit_fold, name_columns, predict_with, resolve_method
from .second_level import default_final_estimator, nested_predictions
from .stacker import OutOfFoldStacker

__all__ = [
    "Ledger",
    "OutOfFoldStacker",
    "assign_folds",
    "content_key",
    "decide",
    "default_final_estimator",
    "fit_fold",
    "fold_balance",
    "name_columns",
    "nested_predictions",
    "predict_with",
    "resolve_method",
]
