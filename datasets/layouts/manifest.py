"""Layout of labelled clips listed in a CSV manifest ``path,label[,group][,fold]``."""

from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ..dataset import DataSet, Inventory, Layout, list_clip_files
from ..files import read_csv_text
from .shared import read_submission_header


def read_manifest(path):
    """Read a manifest of labelled clips.

    Parameters
    ----------
    path : str or os.PathLike
        A CSV. ``path`` cells are absolute or relative to the CSV's folder. Clips of one ``group``
        stay on the same side of every split; without that column, or where a cell is empty, each
        clip is its own group. ``fold`` fixes the folds.

    Returns
    -------
    DataFrame
        Columns ``clip, label, group, path`` and, if the manifest has it, ``fold`` (int).

    Raises
    ------
    DataError
        A column is missing, a path or label is empty, a path is listed twice, there are fewer than
        two classes, a fold is not a whole number, or a group has more than one fold.
    """
    path = Path(path)
    rows = read_csv_text(path, ["path", "label"])
    _check_rows(path, rows)
    groups = rows["path"]
    if "group" in rows:
        groups = rows["group"].where(_is_filled(rows["group"]), groups)
    table = pd.DataFrame(
        {"clip": rows["path"], "label": rows["label"], "group": groups, "path": rows["path"]}
    )
    if "fold" in rows:
        table["fold"] = _read_folds(path, rows["fold"])
        _check_groups_within_folds(path, table)
    return table


def _read(path, *, stems, allow_missing_stems):
    return DataSet(path.parent, read_manifest(path), header=read_submission_header(path.parent))


def _take_inventory(path, *, stems):
    rows = read_csv_text(path, ["path", "label"])
    groups = rows["group"] if "group" in rows else rows["path"]
    clips = list_clip_files(rows["path"], rows["label"], groups)[_is_filled(rows["path"])]
    return Inventory(
        path.parent,
        songs=clips[["song", "genre"]].drop_duplicates(ignore_index=True),
        files=clips.drop_duplicates("path", ignore_index=True),
        manifest=rows,
        with_test=False,
    )


MANIFEST = Layout(
    "manifest",
    expected="a CSV manifest with columns path,label",
    detect=Path.is_file,
    read=_read,
    take_inventory=_take_inventory,
)


def _check_rows(path, rows):
    for column in ("path", "label"):
        blank = rows.index[~_is_filled(rows[column])]
        if len(blank):
            raise DataError(f"{path}: line {blank[0] + 2} has an empty {column}; fill it in")
    repeated = rows["path"][rows["path"].duplicated()]
    if len(repeated):
        raise DataError(f"{path}: {repeated.iloc[0]!r} is listed twice; keep one line per clip")
    if rows["label"].nunique() < 2:
        raise DataError(
            f"{path}: the only class is {rows['label'].iloc[0]!r}; at least two are needed"
        )


def _is_filled(column):
    return column.str.strip() != ""


def _read_folds(path, column):
    try:
        folds = column.astype(int)
    except ValueError as error:
        raise DataError(f"{path}: column fold must hold whole numbers ({error})") from error
    return folds.rank(method="dense").astype(int) - 1


def _check_groups_within_folds(path, table):
    n_folds = table.groupby("group")["fold"].nunique()
    if (n_folds > 1).any():
        raise DataError(
            f"{path}: group {n_folds.index[n_folds > 1][0]!r} is in several folds, which leaks; "
            "give each group one fold"
        )
