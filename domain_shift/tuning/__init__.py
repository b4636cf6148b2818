"""Tuning: search for mashup settings whose mashups match the test clips."""

from .tune import Candidate, TuneBudget, Tuning, tune_settings

__all__ = ["Candidate", "TuneBudget", "Tuning", "tune_settings"]
