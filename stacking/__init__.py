"""How models combine: folds, out-of-fold predictions, the ledger, the stacker."""

from .folds import assign_folds, fold_balance
from .intervals import bootstrap_interval
from .ledger import Ledger, content_key
from .out_of_fold import decide, fit_fold, name_columns, predict_with, resolve_method
from .scores import macro_f1
from .second_level import default_final_estimator, nested_predictions
from .stacker import OutOfFoldStacker

__all__ = [
    "Ledger",
    "OutOfFoldStacker",
    "assign_folds",
    "bootstrap_interval",
    "content_key",
    "decide",
    "default_final_estimator",
    "fit_fold",
    "fold_balance",
    "macro_f1",
    "name_columns",
    "nested_predictions",
    "predict_with",
    "resolve_method",
]
