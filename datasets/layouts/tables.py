"""Tables of a data set: ``test.csv``, the header of a submission, and CSV files as text."""

from pathlib import Path

import pandas as pd

from ...exceptions import DataError

TEST_TABLE = "test.csv"
SAMPLE_TABLE = "sample_submission.csv"


def read_csv_text(path, required):
    """Read a CSV with every cell as text, so that ids and unusual names are not changed.

    Parameters
    ----------
    path : str or os.PathLike
    required : sequence of str
        Columns that the table must have.

    Returns
    -------
    DataFrame of str

    Raises
    ------
    DataError
        The file is not a table, has no rows, or lacks a required column.

    See Also
    --------
    read_data : Reads the tables of a data set.

    Examples
    --------
    >>> from io import StringIO
    >>> from stemstack.datasets import read_csv_text
    >>> read_csv_text(StringIO("id,filename\\n007,a.wav\\n"), ["id"])["id"].tolist()
    ['007']
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: is not a CSV table ({error}); save it as UTF-8 CSV") from error
    missing = [name for name in required if name not in table.columns]
    if missing:
        raise DataError(
            f"{path}: lacks column {', '.join(missing)}; it has {', '.join(table.columns)}"
        )
    if table.empty:
        raise DataError(f"{path}: has a header but no rows")
    return table


def list_test(root):
    """List the clips of ``test.csv``, ids as written and possibly repeated.

    Parameters
    ----------
    root : str or os.PathLike
        The data folder. ``test.csv`` has a column ``filename`` (or ``path``), relative to it, and
        optionally ``id`` (default: the path).

    Returns
    -------
    DataFrame or None
        Columns ``id`` (str, exactly as written) and ``path``; None without a ``test.csv``.

    Raises
    ------
    DataError
        The file is not a table, or has neither column.
    """
    path = Path(root, TEST_TABLE)
    if not path.exists():
        return None
    rows = read_csv_text(path, [])
    column = next((name for name in ("filename", "path") if name in rows), None)
    if column is None:
        raise DataError(f"{path}: lacks column filename; it has {', '.join(rows.columns)}")
    table = rows[[column]].rename(columns={column: "path"})
    table.insert(0, "id", rows["id"] if "id" in rows else rows[column])
    return table


def read_test(root):
    """Read ``test.csv`` and check that its ids are unique.

    Parameters
    ----------
    root : str or os.PathLike
        The data folder.

    Returns
    -------
    DataFrame or None
        Columns ``id`` and ``path`` as :func:`list_test` returns them.

    Raises
    ------
    DataError
        The file is not a table, has no column of paths, or an id is repeated.
    """
    table = list_test(root)
    if table is None:
        return None
    repeated = table["id"][table["id"].duplicated()]
    if len(repeated):
        path = Path(root, TEST_TABLE)
        raise DataError(f"{path}: id {repeated.iloc[0]!r} is repeated; give each line its own id")
    return table


def read_submission_header(root):
    """Return the two column names of ``sample_submission.csv``.

    Parameters
    ----------
    root : str or os.PathLike
        The data folder.

    Returns
    -------
    tuple of (str, str)
        ``("id", "label")`` without a sample.

    Raises
    ------
    DataError
        The sample is not a table of two columns.
    """
    path = Path(root, SAMPLE_TABLE)
    if not path.exists():
        return ("id", "label")
    columns = tuple(read_csv_text(path, []).columns)
    if len(columns) != 2:
        raise DataError(f"{path}: expected two columns, id and label. Got {', '.join(columns)}.")
    return columns


def paths_of(test):
    """Return the distinct paths of a test table, without empty cells.

    Parameters
    ----------
    test : DataFrame or None

    Returns
    -------
    list of str
        Empty for None.
    """
    return [] if test is None else [path for path in test["path"].unique() if path.strip()]


def read_or_note(read, root, where, errors):
    """Read a table, or note the error if it cannot be read.

    Parameters
    ----------
    read : callable
        ``read(root)`` returns the table.
    root : Path
    where : (str, str)
        Check and file that an error belongs to.
    errors : list
        A DataError is appended as (check, file, error).

    Returns
    -------
    DataFrame or None
    """
    try:
        return read(root)
    except DataError as error:
        errors.append((*where, error))
        return None
