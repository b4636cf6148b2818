"""One experiment as a directory: its configuration, the main job, predictions and answers."""

from .answers import evaluate_run
from .config import PROTOCOLS, Config
from .costs import model_seconds, read_costs
from .decoding import decode_ledger, decode_test
from .documents import score_sides, write_model_card, write_report
from .experiment import fit_run, plan_run
from .known_clips import known_clips
from .merging import coverage, merge_runs
from .prediction import predict_run
from .progress import Quiet
from .pseudo_labelled import answer_test, write_learnt
from .pseudo_labelling import learn_from_test
from .restacking import stack_runs
from .run import STACK, Run
from .summary import summarise_run
from .tracking import follow, make_tracker
from .training_clips import convert_sources, draw_training
from .unlabelled import Unlabelled, from_paths, from_test_table

__all__ = [
    "PROTOCOLS",
    "STACK",
    "Config",
    "Quiet",
    "Run",
    "Unlabelled",
    "answer_test",
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
    "score_sides",
    "stack_runs",
    "summarise_run",
    "write_learnt",
    "write_model_card",
    "write_report",
]
