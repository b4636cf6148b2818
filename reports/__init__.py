"""Report and model card of a run, and comparison of runs."""

from .comparison import write_comparison
from .report import write_model_card, write_report
from .section import ReportInputs, Section
from .sections import SECTIONS

__all__ = [
    "SECTIONS",
    "ReportInputs",
    "Section",
    "write_comparison",
    "write_model_card",
    "write_report",
]
