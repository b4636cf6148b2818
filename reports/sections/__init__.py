"""Sections of a report: one module per section, listed in order in ``SECTIONS``."""

from .agreement import AGREEMENT
from .calibration import CALIBRATION
from .classes import CLASSES
from .confusion import CONFUSION
from .cost import COST
from .data import DATA
from .doctor import DOCTOR
from .gap import GAP
from .importance import IMPORTANCE
from .mistakes import MISTAKES
from .repeat import REPEAT
from .scores import SCORES
from .similar import SIMILAR
from .tags import TAGS
from .timeline import TIMELINE
from .training import TRAINING
from .weights import WEIGHTS

# The order of the page. A new section is a module with a Section and a line here.
SECTIONS = (
    SCORES,
    CLASSES,
    CONFUSION,
    MISTAKES,
    SIMILAR,
    TAGS,
    TIMELINE,
    AGREEMENT,
    WEIGHTS,
    CALIBRATION,
    IMPORTANCE,
    GAP,
    TRAINING,
    DATA,
    DOCTOR,
    COST,
    REPEAT,
)

__all__ = ["SECTIONS"]
