"""The unlabelled side of a data set: ``test.csv`` and the header of a submission."""

from pathlib import Path

from ...exceptions import DataError
from .manifest import read_csv_text

TEST_TABLE = "test.csv"
SAMPLE_TABLE = "sample_submission.csv"


def list_test(root):
    """List ``test.csv`` as it stands, ids untouched and perhaps repeated.

    Parameters
    ----------
    root : str or os.PathLike
        The data folder. ``test.csv`` has ``filename`` (or ``path``) relative to it and perhaps
        ``id`` (default: the path).

    Returns
    -------
    DataFrame or None
        Columns ``id`` (str, exactly as written) and ``path``; None when there is no ``test.csv``.

    Raises
    ------
    DataError
        It is not a table, or has neither column.
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
    """Read ``test.csv`` as :func:`list_test` does, and hold its ids to differ.

    Raises
    ------
    DataError
        It is not a table, has neither column, or an id stands twice.
    """
    table = list_test(root)
    if table is None:
        return None
    path = Path(root, TEST_TABLE)
    twice = table["id"][table["id"].duplicated()]
    if len(twice):
        raise DataError(f"{path}: id {twice.iloc[0]!r} stands twice; ids must differ")
    return table


def read_submission_header(root):
    """Take the submission's two column names from ``sample_submission.csv``.

    Returns
    -------
    tuple of (str, str)
        ``("id", "label")`` when there is no sample.
    """
    path = Path(root, SAMPLE_TABLE)
    if not path.exists():
        return ("id", "label")
    columns = tuple(read_csv_text(path, []).columns)
    if len(columns) != 2:
        raise DataError(f"{path}: expected two columns, id and label. Got {', '.join(columns)}.")
    return columns
