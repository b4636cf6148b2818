"""From probabilities to answers: calibration, label shift, and offsets for macro F1."""

from .decoder import Decoded, Decoder
from .offsets import ClassOffsets
from .priors import adjust_priors, estimate_priors, shift_p_value
from .temperature import TemperatureScaling

__all__ = [
    "ClassOffsets",
    "Decoded",
    "Decoder",
    "TemperatureScaling",
    "adjust_priors",
    "estimate_priors",
    "shift_p_value",
]
