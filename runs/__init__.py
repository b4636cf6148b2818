"""One experiment as a directory: its configuration, the main job, predictions and answers."""

from .answers import evaluate_run
from .config import PROTOCOLS, Config
from .documents import score_sides, write_model_card, write_report
from .experiment import fit_run
from .known_clips import known_clips
from .prediction import predict_run
from .progress import Quiet
from .run import STACK, Run
from .training_clips import convert_sources, draw_training
from .unlabelled import Unlabelled, from_paths, from_test_table

__all__ = [
    "PROTOCOLS",
    "STACK",
    "Config",
    "Quiet",
    "Run",
    "Unlabelled",
    "convert_sources",
    "draw_training",
    "evaluate_run",
    "fit_run",
    "from_paths",
    "from_test_table",
    "known_clips",
    "predict_run",
    "score_sides",
    "write_model_card",
    "write_report",
]
