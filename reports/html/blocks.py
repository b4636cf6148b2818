"""HTML building blocks of a report: page, paragraphs, tables, figures.

Every block is a macro of ``templates/blocks.html``, which escapes the text it is given. Blocks are
``markupsafe.Markup``: add them with ``+`` or :func:`join`.
"""

from functools import cache
from pathlib import Path

from ...exceptions import import_optional
from ...utils.formatting import visible

_TEMPLATES = Path(__file__).parent / "templates"
# Longer texts in a table wrap.
_WRAP = 40


def make_environment(folder, extra="report"):
    """Make a jinja2 environment that escapes all text.

    Parameters
    ----------
    folder : Path
        Folder of the templates.
    extra : str, default="report"
        Extra to install when jinja2 is missing.

    Returns
    -------
    jinja2.Environment

    Raises
    ------
    MissingExtraError
        If jinja2 is not installed.
    """
    jinja2 = import_optional("jinja2", extra)
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )


def _finalize(value):
    """Keep a percent sign on the line of its number, and show control characters as escapes."""
    if type(value) is not str:
        return value
    return visible(value, keep="\n\t").replace(" %", "\N{NO-BREAK SPACE}%")


@cache
def _environment():
    return make_environment(_TEMPLATES)


def render_page(*, title, headline, key_figures, sections):
    """Render a report as one self-contained HTML page.

    Parameters
    ----------
    title : str
    headline : str
        Outcome of the run in a sentence or two.
    key_figures : dict of str to str
        The most important numbers by name.
    sections : sequence of (str, str, Markup)
        Anchor, title and body of each section, in order; each anchor once.

    Returns
    -------
    str
        A page that loads nothing from outside and whose content security policy forbids it.
    """
    template = _environment().get_template("report.html")
    return template.render(
        title=title, headline=headline, key_figures=key_figures, sections=sections
    )


def _block(macro, *arguments):
    return getattr(_environment().get_template("blocks.html").module, macro)(*arguments)


def join(blocks):
    """Concatenate blocks."""
    return import_optional("markupsafe", "report").Markup("").join(blocks)


def paragraph(text, link=None):
    """Render a paragraph.

    Parameters
    ----------
    text : str
    link : (str, str), optional
        Anchor of a section and the text of a link to it, appended to the paragraph.
    """
    return _block("paragraph", text, link)


def callout(block):
    """Render a block set off from the text around it."""
    return _block("callout", block)


def heading(text):
    """Render a heading within a section."""
    return _block("heading", text)


def preformatted(text):
    """Render text with its line breaks, in a box that scrolls."""
    return _block("preformatted", visible(text, keep="\n\t"))


def bullets(lines):
    """Render lines of text as a list."""
    return _block("bullets", lines)


def figure(svg, caption):
    """Render a figure with its caption.

    Parameters
    ----------
    svg : str
        From :func:`~stemstack.reports.html.figures.draw_svg`, with its text alternative.
    caption : str
    """
    return _block("figure", svg, caption)


def details(summary, block, *, open=False):
    """Render a block that is shown when its summary is clicked."""
    return _block("details", summary, block, open)


def audio(mp3, label):
    """Render an audio player.

    Parameters
    ----------
    mp3 : str
        Base64 of an MP3 file.
    label : str
        Text alternative.
    """
    return _block("audio", mp3, label)


def class_legend(colours):
    """Render the colours of classes.

    Parameters
    ----------
    colours : sequence of (str, str)
        Names of classes, and CSS classes of ``timeline.css``.
    """
    return _block("class_legend", colours)


def timeline(label, segments, names, ticks, dense, seekable):
    """Render a strip of windows; see :func:`stemstack.reports.html.timeline.timeline`.

    Parameters
    ----------
    label : str
        Text alternative.
    segments : sequence of Segment
    names : sequence of (float, float, str)
        Left, width and name of what is named above the strip; as fractions of the strip.
    ticks : sequence of (float, str)
        Positions, as fractions of the strip, and texts.
    dense : bool
        Whether segments have no gap.
    seekable : bool
        Whether segments are buttons.
    """
    return _block("timeline", label, segments, names, ticks, dense, seekable)


def table(frame, caption, *, digits=3, heat=False, shade=None, rotated=False):
    """Render a table.

    Parameters
    ----------
    frame : DataFrame
        The index gives the names of the rows; missing values are shown as a dash.
    caption : str
    digits : int, default=3
        Decimal places of floats; integers and text are shown unchanged.
    heat : bool, default=False
        Whether cells are shaded by their value, in [0, 1].
    shade : DataFrame, optional
        Values in [0, 1] to shade the cells by instead, of the same shape.
    rotated : bool, default=False
        Whether column names are rotated, for many narrow columns.

    Returns
    -------
    Markup
        Scrolls sideways where the screen is narrow.
    """
    columns = [(str(name), _is_text(frame.iloc[:, i])) for i, name in enumerate(frame.columns)]
    values = list(frame.itertuples(index=False, name=None))
    shades = shade.to_numpy().tolist() if shade is not None else values
    is_shaded = heat or shade is not None
    rows = [
        (str(name), [_cell(*pair, digits, is_shaded) for pair in zip(row, shaded, strict=True)])
        for name, row, shaded in zip(frame.index, values, shades, strict=True)
    ]
    corner = None if frame.index.name is None else str(frame.index.name)
    return _block("table", caption, corner, columns, rows, rotated)


def _is_text(column):
    return len(column) > 0 and all(isinstance(value, str) for value in column)


def _cell(value, shade, digits, is_shaded):
    """Return text, CSS class and shade of a cell."""
    if isinstance(value, str):
        return value, "text" if len(value) < _WRAP else "text prose", None
    if value is None or value != value:
        return "–", None, None
    text = signed(value, digits) if isinstance(value, float) else str(value)
    if is_shaded and isinstance(shade, (int, float)):
        return text, "heat", min(max(shade, 0), 1)
    return text, None, None


def percent(fraction, digits=0):
    """Format a fraction as a percentage.

    Examples
    --------
    >>> from stemstack.reports.html.blocks import percent
    >>> percent(0.256, digits=1)
    '25.6 %'
    """
    return f"{signed(100 * fraction, digits)} %"


def signed(value, digits):
    """Format a number with a true minus sign.

    Examples
    --------
    >>> from stemstack.reports.html.blocks import signed
    >>> signed(-0.25, 2)
    '−0.25'
    """
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")
