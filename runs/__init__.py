"""One experiment as a directory: its configuration, the main job, predictions and answers."""

from .config import PROTOCOLS, Config
from .costs import model_seconds, read_costs
from .derived.merge import coverage, merge_runs
from .derived.pseudo_label import fit_pseudo_labels, predict_pseudo_labelled, write_pseudo_label_run
from .fitting.fit import fit_run, plan_run
from .fitting.restack import restack_runs
from .ledger import Ledger
from .prediction.evaluate import evaluate_run, summarise_run
from .prediction.predict import adjust_ledger, adjust_test, predict_run
from .run import STACK, Run
from .stored_clips import labelled_clips
from .test_clips import ClipList, from_paths, from_test_table
from .tracking import follow, make_tracker
from .training_clips import convert_sources, sample_training

__all__ = [
    "PROTOCOLS",
    "STACK",
    "ClipList",
    "Config",
    "Ledger",
    "Run",
    "adjust_ledger",
    "adjust_test",
    "convert_sources",
    "coverage",
    "evaluate_run",
    "fit_pseudo_labels",
    "fit_run",
    "follow",
    "from_paths",
    "from_test_table",
    "labelled_clips",
    "make_tracker",
    "merge_runs",
    "model_seconds",
    "plan_run",
    "predict_pseudo_labelled",
    "predict_run",
    "read_costs",
    "restack_runs",
    "sample_training",
    "summarise_run",
    "write_pseudo_label_run",
]
