"""Layout (c): a CSV manifest with columns ``path,label[,group][,fold]``."""

from pathlib import Path

import pandas as pd

from ...exceptions import DataError


def read_csv_text(path, required):
    """Read a CSV with every cell as the text it is, so ids and odd names survive untouched.

    Parameters
    ----------
    path : str or os.PathLike
    required : sequence of str
        Columns that must be there.

    Returns
    -------
    DataFrame of str

    Raises
    ------
    DataError
        The file is not a table, has no rows, or lacks a required column.
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


def read_manifest(path):
    """Read a manifest of labelled clips.

    Parameters
    ----------
    path : str or os.PathLike
        A CSV. ``path`` cells are relative to the CSV's folder, or absolute; ``group`` ties clips
        that must stay on one side of every split (without, or where it is empty: each clip alone);
        ``fold`` fixes the folds.

    Returns
    -------
    DataFrame
        Columns ``clip, label, group, path`` and perhaps ``fold`` (int).

    Raises
    ------
    DataError
        A column is missing, a label is empty, a path is named twice, a group stands in two folds,
        or a fold is not a number.
    """
    path = Path(path)
    rows = read_csv_text(path, ["path", "label"])
    _check_manifest(path, rows)
    table = pd.DataFrame(
        {
            "clip": rows["path"],
            "label": rows["label"],
            "group": rows["group"].where(_filled(rows["group"]), rows["path"])
            if "group" in rows
            else rows["path"],
            "path": rows["path"],
        }
    )
    if "fold" in rows:
        table["fold"] = _read_folds(path, rows["fold"])
        _check_groups_within_folds(path, table)
    return table


def _check_manifest(path, rows):
    for column in ("path", "label"):
        blank = rows.index[~_filled(rows[column])]
        if len(blank):
            raise DataError(f"{path}: line {blank[0] + 2} has an empty {column}")
    twice = rows["path"][rows["path"].duplicated()]
    if len(twice):
        raise DataError(f"{path}: {twice.iloc[0]!r} is listed twice; keep one line a clip")
    if rows["label"].nunique() < 2:
        raise DataError(f"{path}: only class {rows['label'].iloc[0]!r} is there; two are needed")


def _filled(column):
    return column.str.strip() != ""


def _read_folds(path, column):
    try:
        folds = column.astype(int)
    except ValueError as error:
        raise DataError(f"{path}: column fold must hold whole numbers ({error})") from error
    return folds.rank(method="dense").astype(int) - 1


def _check_groups_within_folds(path, table):
    spread = table.groupby("group")["fold"].nunique()
    if (spread > 1).any():
        raise DataError(
            f"{path}: group {spread.index[spread > 1][0]!r} stands in several folds, which leaks; "
            "give each group one fold"
        )
