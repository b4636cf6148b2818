"""Reuse: estimate how many clips contain stems of the training songs."""

from .check import ReuseCheck, check_reuse
from .estimate import Calibration, Proportion, Reuse
from .stem_library import StemLibrary, StemMatch

__all__ = [
    "Calibration",
    "Proportion",
    "Reuse",
    "ReuseCheck",
    "StemLibrary",
    "StemMatch",
    "check_reuse",
]
