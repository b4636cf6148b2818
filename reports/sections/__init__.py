"""The parts of a report: each function takes tables and gives a section of the page."""

from .agreement import agreement_section
from .calibration import calibration_section
from .classes import classes_section
from .confusion import confusion_section
from .data import repeat_section, shares_section
from .scores import ladder_section
from .weights import weights_section

__all__ = [
    "agreement_section",
    "calibration_section",
    "classes_section",
    "confusion_section",
    "ladder_section",
    "repeat_section",
    "shares_section",
    "weights_section",
]
