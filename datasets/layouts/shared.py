"""Parts that layouts share: ``test.csv``, the header of a submission, and the noise folder.

The noise folder has the structure of ESC-50.
"""

from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ..csv_table import read_csv_header, read_csv_lines, read_csv_text
from ..files import find_audio, name_within
from ..names import FileFinder, normalize_name

TEST_TABLE = "test.csv"
SAMPLE_TABLE = "sample_submission.csv"
NOISE_FOLDER = "ESC-50-master"
NOISE_AUDIO = f"{NOISE_FOLDER}/audio"
NOISE_TABLE = f"{NOISE_FOLDER}/meta/esc50.csv"


def list_test(root):
    """List the clips of ``test.csv``, ids as written and possibly repeated.

    Parameters
    ----------
    root : str or os.PathLike
        The data folder. ``test.csv`` has a column ``filename`` (or ``path``, ``file_name``),
        relative to it, and optionally ``id`` (default: the path as written).

    Returns
    -------
    DataFrame or None
        Columns ``id`` (str, exactly as written) and ``path`` (of the file that is meant, see
        :class:`~stemstack.datasets.names.FileFinder`), with line numbers as index; None without a
        ``test.csv``.

    Raises
    ------
    DataError
        The file is not a table, or has none of these columns.
    """
    path = Path(root, TEST_TABLE)
    if not path.exists():
        return None
    # A table may have both, and "filename" is the name in the competition's.
    rows = read_csv_lines(path, [("filename", "path", "file_name")], ["id"])
    ids = rows["id"] if "id" in rows else rows["filename"]
    return pd.DataFrame({"id": ids, "path": rows["filename"].map(FileFinder(root).find)})


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
    return table.reset_index(drop=True)


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
    columns = tuple(read_csv_header(path))
    names = [column.strip().lower() for column in columns]
    if len(set(names)) != 2 or names[1] == "id":
        raise DataError(
            f"{path}: expected two columns, the id first, then the label. Got {', '.join(columns)}."
        )
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


def list_noise(root, name=NOISE_FOLDER):
    """List the paths of the noise clips, relative to the data folder.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that may hold ``ESC-50-master``.
    name : str, default="ESC-50-master"

    Returns
    -------
    list of str
    """
    return [name_within(file, Path(root)) for file in find_audio(Path(root, name, "audio"))]


def read_noise(root, name=NOISE_FOLDER):
    """Read the table of noise clips, if the data set has any.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that may hold ``ESC-50-master``.
    name : str, default="ESC-50-master"

    Returns
    -------
    DataFrame or None
        Columns ``path, category, group``; clips of one group are cut from one recording. Without
        a meta table every clip is its own group and its category is empty.

    Raises
    ------
    DataError
        The meta table cannot be read or lacks a column.
    """
    paths = list_noise(root, name)
    if not paths:
        return None
    table = pd.DataFrame({"path": paths})
    meta = Path(root, name, "meta/esc50.csv")
    if not meta.exists():
        return table.assign(category="", group=table["path"])
    rows = read_csv_text(meta, ["filename", "category", "src_file"])
    rows["filename"] = rows["filename"].map(normalize_name)
    _check_sources(meta, rows)
    names = [normalize_name(Path(path).name) for path in paths]
    rows = rows.drop_duplicates("filename").set_index("filename").reindex(names)
    rows = rows.reset_index(drop=True)
    return table.assign(
        category=rows["category"].fillna(""), group=rows["src_file"].fillna(table["path"])
    )


def _check_sources(path, rows):
    """Raise an error if a noise clip is listed with two recordings: they would be one group."""
    sources = rows.groupby("filename")["src_file"].nunique()
    if (sources > 1).any():
        name = sources.index[sources > 1][0]
        raise DataError(f"{path}: {name} is listed with two src_file; keep the correct line")
