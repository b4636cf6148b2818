"""Read CSV tables as text: the one reader of manifests, test tables, answers and noise tables.

Spreadsheets write what is called CSV in many forms. Encoding and delimiter are found from the file;
what cannot be read without a guess is an error with the file, the line and how to fix it.
"""

import codecs
import csv
import io
from pathlib import Path

import pandas as pd

from ..exceptions import DataError

# The column of a manifest's paths; the second name is that of a Hugging Face metadata.csv.
PATH_COLUMNS = ("path", "file_name", "filename")
_DELIMITERS = (",", ";", "\t")
# UTF-32 before UTF-16, whose mark its mark begins with.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAVE_AS = "save it as UTF-8 CSV"


def read_csv_text(path, required, optional=()):
    """Read a CSV with every cell as text, so that ids and unusual names are not changed.

    The text is UTF-8 or, with a byte order mark, UTF-16; the delimiter is a comma, a semicolon or a
    tab, whichever the header has. Names of columns are found in any case and with spaces around
    them. Empty lines and empty cells at the end of lines are ignored.

    Parameters
    ----------
    path : str, os.PathLike or file
    required : sequence of (str or tuple of str)
        Columns that the table must have; of a tuple the first that it has is returned under the
        first of the names.
    optional : sequence of str, default=()
        Columns that it may have. All others keep their names as written.

    Returns
    -------
    DataFrame of str

    Raises
    ------
    DataError
        The file is not a table, has no rows, lacks a required column, or a line has more or fewer
        cells than the header.

    See Also
    --------
    read_data : Reads the tables of a data set.

    Examples
    --------
    >>> from io import StringIO
    >>> from stemstack.datasets import read_csv_text
    >>> read_csv_text(StringIO("ID;filename\\n007;a.wav;\\n"), ["id"])["id"].tolist()
    ['007']
    """
    return read_csv_lines(path, required, optional).reset_index(drop=True)


def read_csv_lines(path, required, optional=()):
    """Read a CSV like :func:`read_csv_text`, with the line numbers of the rows as index.

    Parameters
    ----------
    path : str, os.PathLike or file
    required, optional : sequence of str
        As in :func:`read_csv_text`.

    Returns
    -------
    DataFrame of str
        The index holds the number of the line on which a row starts; line 1 is the first.

    Raises
    ------
    DataError
        As from :func:`read_csv_text`.
    """
    column_names = [name for names in required for name in _alternatives(names)] + [*optional]
    header, lines, rows = _parse(path, column_names)
    header = _match_names(path, header, column_names)
    if not rows:
        raise DataError(f"{path}: has a header but no rows; add them")
    table = pd.DataFrame(rows, columns=header, index=lines)
    for names in map(_alternatives, required):
        present = next((name for name in names if name in header), None)
        if present is None:
            expected, found = " or ".join(names), ", ".join(map(str.strip, header))
            raise DataError(f"{path}: lacks column {expected} (it has {found}); add or rename it")
        table = table.rename(columns={present: names[0]})
    return table


def format_lines(numbers):
    """Return line numbers as text, such as ``"line 7"``."""
    return [f"line {number}" for number in numbers]


def read_csv_header(path):
    """Return the names of a CSV's columns, as written.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    list of str

    Raises
    ------
    DataError
        The file is not a table.
    """
    return _parse(path, ())[0]


def _alternatives(names):
    return (names,) if isinstance(names, str) else names


def _parse(path, column_names):
    """Return the header, the line number of each row, and the rows of a CSV."""
    text = _read_text(path)
    if not text.strip():
        raise DataError(f"{path}: is not a CSV table (it is empty); {_SAVE_AS}")
    text, delimiter = _find_delimiter(text, column_names)
    lines = _split(path, text, delimiter)
    header = lines.pop(0)[1] if lines else []
    n_named = len(_without_empty_end(header))
    for number, cells in lines:
        n_filled = len(_without_empty_end(cells))
        if len(cells) < n_named or n_filled > len(header):
            n_cells = len(cells) if len(cells) < n_named else n_filled
            raise DataError(
                f"{path}: line {number} has {n_cells} cells, but the header has {n_named} columns; "
                "complete the line, or put quotes around cells that contain a delimiter"
            )
    width = max([n_named, *(len(_without_empty_end(cells)) for _, cells in lines)])
    header = [name if name.strip() else f"Unnamed: {i}" for i, name in enumerate(header[:width])]
    rows = [[*cells[:width], *[""] * (width - len(cells))] for _, cells in lines]
    return header, [number for number, _ in lines], rows


def _read_text(path):
    """Return the decoded text of a file."""
    if hasattr(path, "read"):
        return path.read()
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the name") from error
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}: is not a CSV table in UTF-8 (line {line}); {_SAVE_AS}, or convert it: iconv "
            f"-f cp1252 -t utf-8 (cp1252 is the usual encoding of Windows)"
        ) from error
    if "\0" in text:
        raise DataError(f"{path}: is not a CSV table (binary, or UTF-16 without mark); {_SAVE_AS}")
    return text


def _find_delimiter(text, column_names):
    """Return the text without a line ``sep=;``, and its delimiter."""
    first, _, rest = text.partition("\n")
    if first.strip().casefold() in {f"sep={delimiter}" for delimiter in (",", ";")}:
        return f"\n{rest}", first.strip()[-1]
    # Quotes may contain any delimiter, so the header is split like the table.
    header = text.lstrip("\r\n\ufeff")
    column_names = {_normalize(name) for name in column_names}

    def quality(delimiter):
        cells = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter), [])
        return sum(_normalize(cell) in column_names for cell in cells), len(cells)

    try:
        return text, max(_DELIMITERS, key=quality)
    except csv.Error:
        return text, ","


def _split(path, text, delimiter):
    """Return pairs of line number and cells of all lines that are not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines, start = [], 1
    try:
        for cells in reader:
            if _without_empty_end(cells):
                lines.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}: is not a CSV table (line {start}: {error}); close its quotes, and double "
            "quotes within quotes"
        ) from error
    return lines


def _without_empty_end(cells):
    n = len(cells)
    while n and not cells[n - 1].strip():
        n -= 1
    return cells[:n]


def _match_names(path, header, column_names):
    """Return the header with expected names as expected, and repetitions of others numbered."""
    by_name, matched = {_normalize(name): name for name in column_names}, []
    for name in header:
        name = by_name.get(_normalize(name), name)
        if name in matched and name in column_names:
            raise DataError(f"{path}: has two columns {name}; remove one, or rename it")
        n_same = sum(other == name or other.startswith(f"{name}.") for other in matched)
        matched.append(f"{name}.{n_same}" if name in matched else name)
    return matched


def _normalize(name):
    return name.strip("\ufeff \t").casefold()
