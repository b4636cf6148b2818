"""Experiments as directories: fitting, prediction, evaluation, and what is derived from runs."""

from .clip_list import ClipList
from .config import Config
from .derived.merge import coverage, merge_runs
from .derived.pseudo_label import fit_pseudo_labels, predict_pseudo_labelled, write_pseudo_label_run
from .fitting.fit import fit_run, plan_run
from .fitting.restack import BasePredictions, restack_runs
from .prediction.evaluate import evaluate_run, summarise_run
from .prediction.expected import expect_run, record_score
from .prediction.predict import adjust_test, predict_run
from .run import STACK, Run

__all__ = [
    "STACK",
    "BasePredictions",
    "ClipList",
    "Config",
    "Run",
    "adjust_test",
    "coverage",
    "evaluate_run",
    "expect_run",
    "fit_pseudo_labels",
    "fit_run",
    "merge_runs",
    "plan_run",
    "predict_pseudo_labelled",
    "predict_run",
    "record_score",
    "restack_runs",
    "summarise_run",
    "write_pseudo_label_run",
]
