"""What is shown: scores, the HTML report, the model card. Takes tables, knows no run."""

from .card import render_model_card
from .html.page import render_report
from .report import score_evaluations, write_model_card, write_report
from .summary import scores_table

__all__ = [
    "render_model_card",
    "render_report",
    "score_evaluations",
    "scores_table",
    "write_model_card",
    "write_report",
]
