"""Figures as SVG inside a page: small, readable in light and dark, and said in words.

matplotlib draws in the colours of :data:`INK` and its like; in the SVG these become the page's CSS
variables, so one picture suits both a light and a dark page. Text stays text.
"""

import re
import warnings
from html import escape
from io import StringIO

from ...exceptions import import_optional

# Colours no one else uses, and the CSS variable of the page that takes the place of each.
INK, FAINT, MAIN, SECOND, THIRD = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f"
_VARIABLES = {INK: "ink", FAINT: "line", MAIN: "main", SECOND: "second", THIRD: "third"}
_STYLE = {
    "svg.fonttype": "none",
    # A class may be called "$a$".
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


def draw_svg(draw, *, name, alt, size=(7.0, 3.0), **grid):
    """Draw a figure as an ``<svg>`` element for a page.

    Parameters
    ----------
    draw : callable
        ``draw(axes)``, with what ``Figure.subplots(**grid)`` gives.
    name : str
        Unlike that of any other figure on the page.
    alt : str
        What the figure shows, in words.
    size : (float, float), default=(7.0, 3.0)
        Width and height in inches.
    **grid
        Of ``Figure.subplots``.

    Returns
    -------
    str
        The same for the same figure, byte for byte.

    Raises
    ------
    MissingExtraError
        The ``report`` extra is not installed.
    """
    matplotlib = import_optional("matplotlib", "report")
    figure_module = import_optional("matplotlib.figure", "report")
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = figure_module.Figure(figsize=size, layout="constrained")
        draw(figure.subplots(**grid))
        text = StringIO()
        with warnings.catch_warnings():
            # The page has letters that matplotlib's own font has not.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _for_a_page(text.getvalue(), name, alt)


def shorten(text, most=22):
    """Cut a name that would leave a figure no room; the table beside it has it in full."""
    text = str(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def _for_a_page(svg, name, alt):
    """Cut the element out, name its parts apart from other figures', and let the page style it."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"| font-family: [^;"]*;', "", svg)
    svg = svg.replace("xlink:href", "href").replace(' id="', f' id="{name}-')
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return re.sub(r"\A<svg[^>]*>", lambda tag: _open(tag[0], alt), svg)


def _open(tag, alt):
    """Open the element: the page decides how wide it is drawn, and knows its width in points."""
    box = re.search(r'viewBox="0 0 (\S+) \S+"', tag)
    return f'<svg role="img" aria-label="{escape(alt)}" {box[0]} style="--w:{box[1]}">'


# In inches: on a phone the letters are as large as in a footnote, not smaller.
WIDTH = 4.8


def height(n_rows, row=0.25):
    """Say how high a figure of rows is, in inches, its axis and legend included."""
    return 0.85 + row * n_rows


def name_rows(axes, names):
    """Name the rows 0, 1, … from the bottom, and leave of the frame what helps to read."""
    axes.set_yticks(range(len(names)), [shorten(name) for name in names])
    axes.set_ylim(-0.65, len(names) - 0.35)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def write_beside(axes, x, y, text, *, left=False):
    """Write to the right of a point, or to its left."""
    place, align = ((-4, 0), "right") if left else ((4, 0), "left")
    axes.annotate(
        text, (x, y), place, textcoords="offset points", va="center", ha=align, fontsize=8.5
    )


def put_legend(axes):
    """Put the legend above the axes, in one line."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.03, 1),
        ncols=3,
        frameon=False,
        handletextpad=0.1,
        columnspacing=1.2,
    )
