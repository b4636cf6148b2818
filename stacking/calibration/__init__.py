"""Adjusting probabilities: temperature, class frequencies, and class thresholds for macro F1."""

from .adjuster import AdjustedPredictions, PredictionAdjuster
from .priors import adjust_priors, estimate_priors, shift_p_value
from .temperature import TemperatureScaling
from .thresholds import ClassThresholds

__all__ = [
    "AdjustedPredictions",
    "ClassThresholds",
    "PredictionAdjuster",
    "TemperatureScaling",
    "adjust_priors",
    "estimate_priors",
    "shift_p_value",
]
