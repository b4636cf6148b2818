"""From probabilities to answers: calibration, label shift, and offsets for macro F1."""

from .adjuster import Decoded, Decoder
from .priors import adjust_priors, estimate_priors, shift_p_value
from .temperature import TemperatureScaling
from .thresholds import ClassOffsets

__all__ = [
    "ClassOffsets",
    "Decoded",
    "Decoder",
    "TemperatureScaling",
    "adjust_priors",
    "estimate_priors",
    "shift_p_value",
]
