"""Numbers, durations and names as text."""

import re

# Characters that a terminal obeys, that reorder or hide the text around them, or that cannot be
# encoded: C0 and C1 controls, soft hyphens, bidirectional marks, overrides and isolates, line and
# paragraph separators, invisible operators, tags, and single surrogates. Joiners (U+200C, U+200D)
# are left: Persian and emoji need them.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
# Spreadsheets compute a cell that begins with one of these.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")


def format_number(value):
    """Format a number with three significant digits, or as an integer from 1000 on.

    Parameters
    ----------
    value : float

    Returns
    -------
    str

    Examples
    --------
    >>> format_number(0.012345), format_number(1234.5)
    ('0.0123', '1234')
    """
    return f"{value:.0f}" if 1000 <= abs(value) < float("inf") else f"{value:.3g}"


def format_duration(seconds):
    """Format a duration with its two largest units.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str

    Examples
    --------
    >>> format_duration(4.21), format_duration(312), format_duration(9000)
    ('4.2 s', '5 min 12 s', '2 h 30 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    if round(seconds) < 3600:
        return f"{round(seconds) // 60} min {round(seconds) % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def format_names(names, limit=5):
    """Format the first few names of a list, with the total number if some are left out.

    Parameters
    ----------
    names : iterable of str
    limit : int, default=5

    Returns
    -------
    str

    Examples
    --------
    >>> format_names("abcdefg", limit=2)
    'a, b, … (7 in all)'
    """
    names = list(names)
    more = f", … ({len(names)} in all)" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def visible(text, keep=""):
    """Replace control characters and invisible characters of a text by escapes.

    File names, class names and ids may hold terminal escapes and line breaks: printed as they are,
    they could recolour, overwrite or forge lines of output.

    Parameters
    ----------
    text : str
    keep : str, default=""
        Characters to leave, such as ``"\\n"`` for a text of several lines.

    Returns
    -------
    str
        The same text if it has none.

    Examples
    --------
    >>> print(visible("a\\x1b[31m.wav\\n"), visible("two\\nlines", keep="\\n") == "two\\nlines")
    a\\x1b[31m.wav\\n True
    """
    return _INVISIBLE.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def _escape(character):
    code = ord(character)
    # A byte of a file name that is not UTF-8.
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(character)[1:-1]


def spreadsheet_safe(table):
    """Return a table whose texts no spreadsheet computes as formulas.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    DataFrame
        Texts and column names that begin like a formula have ``'`` in front, which spreadsheets
        read as "this is text"; numbers are unchanged.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": ["=1+1", "a-b"], "-p": [-0.5, 0.5]})
    >>> print(spreadsheet_safe(table).to_csv(index=False), end="")
    id,'-p
    '=1+1,-0.5
    a-b,0.5
    """
    safe = table.rename(columns=_quote_formula)
    for place, (_, column) in enumerate(table.items()):
        if column.dtype.kind not in "biuf":
            texts = column.astype(object)
            # One by one: a column of text cannot hold names that are no Unicode.
            texts[:] = [_quote_formula(value) for value in column]
            safe.isetitem(place, texts)
    return safe


def _quote_formula(value):
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
