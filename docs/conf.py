"""The documentation site: `make docs` builds it with warnings as errors, and reads no network.

Sphinx, because it is what reads numpydoc docstrings in full; pages are Markdown.
"""

import inspect
import sys
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml

sys.path.append(str(Path(__file__).parent))

project = "stemstack"
copyright = "the stemstack contributors, Apache-2.0"
version = release = installed("stemstack")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "command_pages",
]

# Headings can be linked to, and a link must lead somewhere.
myst_heading_anchors = 3
# Dashes only: code in prose keeps its quotes.
smartquotes_action = "D"

napoleon_google_docstring = False
# Listed as parameters are: as entries of their own they would come twice.
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}

html_theme = "furo"
html_title = f"stemstack {version}"
html_show_sphinx = False
# Formulas as MathML, which browsers set themselves: MathJax would come from another server.
html_math_renderer = "mathml"


def leave_out(app, what, name, obj, skip, options):
    """Skip private members, members without a docstring, and scikit-learn's request methods."""
    if what == "module":
        return skip
    described = inspect.isroutine(obj) or isinstance(obj, property | cached_property)
    return not (described and obj.__doc__) or name.startswith("_") or name.endswith("_request")


def set_formula(writer, node):
    """Write a formula as MathML."""
    writer.body.append(tex2mathml(node.astext(), as_block=node.tagname == "math_block"))
    raise SkipNode


def setup(app):
    """Connect the above."""
    app.connect("autodoc-skip-member", leave_out)
    app.add_html_math_renderer("mathml", (set_formula, None), (set_formula, None))
