"""A finished run behind a local web page: why a clip is called what it is, and how sure to be."""

from .app import build_page, serve_page
from .explainer import ClipExplainer
from .explanations import Answers, Explanation, Neighbour, Reasons, Sureness
from .limits import Limits
from .nearest_clips import Neighbourhood

__all__ = [
    "Answers",
    "ClipExplainer",
    "Explanation",
    "Limits",
    "Neighbour",
    "Neighbourhood",
    "Reasons",
    "Sureness",
    "build_page",
    "serve_page",
]
