"""One experiment as a directory: its configuration, the main job, predictions and answers."""

from .config import PROTOCOLS, Config
from .costs import model_seconds, read_costs
from .derived.merge import coverage, merge_runs
from .derived.pseudo_label import answer_test, learn_from_test, write_learnt
from .fitting.fit import fit_run, plan_run
from .fitting.restack import stack_runs
from .ledger import Ledger, content_key
from .prediction.evaluate import evaluate_run, summarise_run
from .prediction.predict import decode_ledger, decode_test, predict_run
from .run import STACK, Run
from .stored_clips import known_clips
from .test_clips import Unlabelled, from_paths, from_test_table
from .tracking import follow, make_tracker
from .training_clips import convert_sources, draw_training

__all__ = [
    "PROTOCOLS",
    "STACK",
    "Config",
    "Ledger",
    "Run",
    "Unlabelled",
    "answer_test",
    "content_key",
    "convert_sources",
    "coverage",
    "decode_ledger",
    "decode_test",
    "draw_training",
    "evaluate_run",
    "fit_run",
    "follow",
    "from_paths",
    "from_test_table",
    "known_clips",
    "learn_from_test",
    "make_tracker",
    "merge_runs",
    "model_seconds",
    "plan_run",
    "predict_run",
    "read_costs",
    "stack_runs",
    "summarise_run",
    "write_learnt",
]
