"""A part of a report, and the HTML it is made of: paragraphs, tables, figures, folds.

What a section holds is HTML already; every function here escapes the text it is given.
"""

from dataclasses import dataclass
from html import escape


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


def paragraph(text):
    """Give text as a paragraph."""
    return f"<p>{escape(text)}</p>\n"


def bullets(lines):
    """Give lines of text as a list."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>\n"


def figure(svg, caption):
    """Give a picture with its caption.

    Parameters
    ----------
    svg : str
        As :func:`~stemstack.reports.svg.draw_svg` gives it: it says in words what it shows.
    caption : str
        What to see in it.
    """
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>\n"


def fold(summary, body, *, opened=False):
    """Give HTML that the reader folds out."""
    state = " open" if opened else ""
    return f"<details{state}><summary>{escape(summary)}</summary>{body}</details>\n"


def table(frame, caption, *, digits=3, heat=False):
    """Lay a table out.

    Parameters
    ----------
    frame : DataFrame
        The index names the rows.
    caption : str
    digits : int, default=3
        Of fractions; whole numbers and text stand as they are.
    heat : bool, default=False
        Whether numbers from 0 to 1 are shaded by their size.

    Returns
    -------
    str
        HTML that scrolls by itself where the screen is narrow.
    """
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in frame.columns)
    rows = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th>'
        + "".join(_cell(value, digits, heat) for value in row)
        + "</tr>\n"
        for name, row in zip(frame.index, frame.itertuples(index=False), strict=True)
    )
    corner = escape(str(frame.index.name or ""))
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>'
        f'<thead><tr><th scope="col">{corner}</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>\n"
    )


def _cell(value, digits, heat):
    is_fraction = isinstance(value, float)
    text = "" if value is None or value != value else str(value)
    if is_fraction and text:
        text = f"{value:.{digits}f}"
    if heat and text and not isinstance(value, str):
        return f'<td class="heat" style="--v:{min(max(float(value), 0), 1):.3f}">{text}</td>'
    return f"<td>{escape(text)}</td>"
