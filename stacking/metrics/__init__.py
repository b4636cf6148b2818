"""Macro F1, bootstrap intervals over groups, and paired differences."""

from .f1 import macro_f1, score_classes
from .intervals import bootstrap_interval, group_bootstrap, macro_f1_interval, paired_difference

__all__ = [
    "bootstrap_interval",
    "group_bootstrap",
    "macro_f1",
    "macro_f1_interval",
    "paired_difference",
    "score_classes",
]
