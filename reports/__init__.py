"""What is shown: scores, the HTML report, the model card. Takes tables, knows no run."""

from .card import render_model_card
from .html import render_report
from .metrics import score_classes
from .tables import scores_table

__all__ = ["render_model_card", "render_report", "score_classes", "scores_table"]
