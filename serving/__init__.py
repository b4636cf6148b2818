"""A finished run behind a local web page: why a clip is called what it is, and how sure to be."""

from .explainer import ClipExplainer
from .explanation import Answers, Explanation, Neighbour, Reasons, Sureness
from .limits import Limits
from .neighbourhood import Neighbourhood
from .page import build_page
from .server import serve_page

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
