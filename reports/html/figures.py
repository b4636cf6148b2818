"""SVG figures for HTML pages, readable in light and dark mode.

matplotlib draws in placeholder colours such as :data:`INK`; in the SVG these become CSS variables
of the page, so that one figure suits both a light and a dark page. Text stays text.
"""

import re
import warnings
from html import escape
from io import StringIO

from ...exceptions import import_optional
from ...utils.formatting import visible

# Placeholder colours that occur nowhere else, and the CSS variable that replaces each.
INK, FAINT, MAIN, SECOND, THIRD = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f"
_VARIABLES = {INK: "ink", FAINT: "line", MAIN: "main", SECOND: "second", THIRD: "third"}
WIDTH = 4.8
_STYLE = {
    "svg.fonttype": "none",
    # A class name may contain "$".
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.titlecolor"), INK
    ),
    "axes.edgecolor": FAINT,
    "grid.color": FAINT,
}


def draw_svg(draw, *, name, alt, height, width=WIDTH, **grid):
    """Draw a figure as an ``<svg>`` element for a page.

    Parameters
    ----------
    draw : callable
        Called with the result of ``Figure.subplots(**grid)``.
    name : str
        Unique name of the figure within the page; prefix of its element ids.
    alt : str
        Text alternative.
    height : float
        In inches.
    width : float, default=4.8
        In inches. At 4.8, letters are readable on a phone.
    **grid
        Parameters of ``matplotlib.figure.Figure.subplots``.

    Returns
    -------
    str
        SVG; equal figures give equal bytes.

    Raises
    ------
    MissingExtraError
        If the ``report`` extra is not installed.
    """
    matplotlib = import_optional("matplotlib", "report")
    figure_module = import_optional("matplotlib.figure", "report")
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = figure_module.Figure(figsize=(width, height), layout="constrained")
        draw(figure.subplots(**grid))
        text = StringIO()
        with warnings.catch_warnings():
            # matplotlib only measures the text; the browser's fonts have the missing glyphs.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _clean_svg(visible(text.getvalue(), keep="\n"), name, visible(alt))


def shorten(text, max_length=22):
    """Truncate a long name in a figure; the table of the same section has it in full.

    Examples
    --------
    >>> from stemstack.reports.html.figures import shorten
    >>> shorten("abcdef", max_length=4)
    'abc…'
    """
    text = str(text)
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def _clean_svg(svg, name, alt):
    """Extract the element, make its ids unique within the page, and leave the style to the page."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"| font-family: [^;"]*;', "", svg)
    svg = svg.replace("xlink:href", "href").replace(' id="', f' id="{name}-')
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return re.sub(r"\A<svg[^>]*>", lambda tag: _opening_tag(tag[0], alt), svg)


def _opening_tag(tag, alt):
    """Return the opening tag: the page sets the drawn width, from the width in points."""
    box = re.search(r'viewBox="0 0 (\S+) \S+"', tag)
    return f'<svg role="img" aria-label="{escape(alt)}" {box[0]} style="--w:{box[1]}">'


def figure_height(n_rows, row=0.25):
    """Return the height in inches of a figure of rows, including its axis and legend."""
    return 0.85 + row * n_rows


def label_rows(axes, names):
    """Label the rows 0, 1, … from the bottom, and remove the rest of the frame."""
    axes.set_yticks(range(len(names)), [shorten(name) for name in names])
    axes.set_ylim(-0.65, len(names) - 0.35)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def label_point(axes, x, y, text, *, left=False):
    """Write text to the right or to the left of a point."""
    offset, align = ((-4, 0), "right") if left else ((4, 0), "left")
    axes.annotate(
        text, (x, y), offset, textcoords="offset points", va="center", ha=align, fontsize=8.5
    )


def add_legend(axes):
    """Add a legend above the axes, in one line."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.03, 1),
        ncols=3,
        frameon=False,
        handletextpad=0.1,
        columnspacing=1.2,
    )
