"""A part of a report, and the HTML it is made of: paragraphs, tables, figures, folds.

What a section holds is HTML already; every function here escapes the text it is given.
"""

from dataclasses import dataclass
from html import escape

# A text of more letters is broken into lines, in a table too.
_LONG = 40


@dataclass(frozen=True)
class Section:
    """One part of a report.

    Attributes
    ----------
    anchor : str
        Its name in the page's address, such as ``scores``.
    title : str
    body : str
        HTML.
    """

    anchor: str
    title: str
    body: str


def paragraph(text, link=None):
    """Give text as a paragraph.

    Parameters
    ----------
    text : str
    link : (str, str), optional
        The anchor of a section and the words that lead there, put at the end.
    """
    after = f' <a href="#{_say(link[0])}">{_say(link[1])}</a>' if link else ""
    return f"<p>{_say(text)}{after}</p>\n"


def percent(share, digits=0):
    """Give a share of 1 in percent, as text."""
    return f"{signed(100 * share, digits)} %"


def signed(value, digits):
    """Give a number as text, with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def callout(html):
    """Set HTML off from the text around it: what no reader shall miss."""
    return f'<aside class="note">{html}</aside>\n'


def heading(text):
    """Give the heading of a part of a section."""
    return f"<h3>{_say(text)}</h3>\n"


def apply_codec(text):
    """Give text as it is, line by line, in a box that scrolls."""
    return f'<pre tabindex="0">{escape(text)}</pre>\n'


def bullets(lines):
    """Give lines of text as a list."""
    return "<ul>" + "".join(f"<li>{_say(line)}</li>" for line in lines) + "</ul>\n"


def figure(svg, caption):
    """Give a picture with its caption.

    Parameters
    ----------
    svg : str
        From :func:`~stemstack.reports.html.figures.draw_svg`, with its text alternative.
    caption : str
        What to see in it.
    """
    return f"<figure>{svg}<figcaption>{_say(caption)}</figcaption></figure>\n"


def fold(summary, body, *, opened=False):
    """Give HTML that the reader folds out."""
    state = " open" if opened else ""
    return f"<details{state}><summary>{_say(summary)}</summary>{body}</details>\n"


def table(frame, caption, *, digits=3, heat=False, shade=None, turned=False):
    """Lay a table out.

    Parameters
    ----------
    frame : DataFrame
        The index names the rows; what is missing is shown as a dash.
    caption : str
    digits : int, default=3
        Of fractions; whole numbers and text stand as they are.
    heat : bool, default=False
        Whether numbers from 0 to 1 are shaded by their size.
    shade : DataFrame, optional
        Of the same shape: numbers from 0 to 1 to shade the cells by instead.
    turned : bool, default=False
        Whether the names of columns stand upright, for many narrow columns.

    Returns
    -------
    str
        HTML that scrolls by itself where the screen is narrow.
    """
    shades = _shades(frame, heat, shade)
    head = "".join(
        f'<th scope="col"{_kind(frame.iloc[:, i])}><span>{_say(str(name))}</span></th>'
        for i, name in enumerate(frame.columns)
    )
    rows = "".join(
        f'<tr><th scope="row">{_say(str(name))}</th>'
        + "".join(_cell(value, digits, v) for value, v in zip(row, shaded, strict=True))
        + "</tr>\n"
        for name, row, shaded in zip(
            frame.index, frame.itertuples(index=False, name=None), shades, strict=True
        )
    )
    name, said = frame.index.name, _say(caption)
    # A head that says nothing would be read out as one.
    corner = f'<th scope="col">{_say(str(name))}</th>' if name else "<td></td>"
    look = ' class="turned"' if turned else ""
    # Whoever has no mouse must be able to reach what scrolls.
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{said}"><table{look}>'
        f"<caption><span>{said}</span></caption>"
        f"<thead><tr>{corner}{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>\n"
    )


def _kind(column):
    """Let the head of a column of text stand over its text."""
    is_text = len(column) and all(isinstance(value, str) for value in column)
    return ' class="text"' if is_text else ""


def _shades(frame, heat, shade):
    """Give for each cell the number it is shaded by, or None."""
    if shade is not None:
        return shade.to_numpy().tolist()
    if heat:
        return frame.itertuples(index=False, name=None)
    return [[None] * frame.shape[1]] * len(frame)


def _say(text):
    """Give text as HTML; a percent sign stays with its number."""
    return escape(text).replace(" %", "&nbsp;%")


def _cell(value, digits, shade):
    if isinstance(value, str):
        kind = "text" if len(value) < _LONG else "text prose"
        return f'<td class="{kind}">{_say(value)}</td>'
    if value is None or value != value:
        return "<td>–</td>"
    text = signed(value, digits) if isinstance(value, float) else _say(str(value))
    if isinstance(shade, (int, float)):
        return f'<td class="heat" style="--v:{min(max(shade, 0), 1):.3f}">{text}</td>'
    return f"<td>{text}</td>"
