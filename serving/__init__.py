"""Local web page that classifies clips by a finished run, and explains why."""

from ..runs.nearest_clips import NearestClip, NearestClips
from .app import build_page, serve_page
from .explainer import ClipExplainer, Limits
from .explanations import Confidence, Explanation, Predictions, Reasons

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
