"""Local web page that classifies clips by a finished run, and explains why."""

from .app import build_page, serve_page
from .explainer import ClipExplainer, Limits
from .explanations import Confidence, Explanation, NearestClip, Predictions, Reasons
from .nearest_clips import NearestClips

__all__ = [
    "ClipExplainer",
    "Confidence",
    "Explanation",
    "Limits",
    "NearestClip",
    "NearestClips",
    "Predictions",
    "Reasons",
    "build_page",
    "serve_page",
]
