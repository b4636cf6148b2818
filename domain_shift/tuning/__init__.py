"""Tuning: mashup settings whose mashups match the test clips."""

from .match import match_settings
from .tune import Round, TuneBudget, Tuning, tune_settings

__all__ = [
    "Round",
    "TuneBudget",
    "Tuning",
    "match_settings",
    "tune_settings",
]
