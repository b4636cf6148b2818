"""A finished run behind a local web page: why a clip is called what it is, and how sure to be."""

from .app import build_page, serve_page
from .explainer import ClipExplainer
from .explanations import Confidence, Explanation, NearestClip, Predictions, Reasons
from .limits import Limits
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
