"""Layout of labelled clips listed in a CSV manifest ``path,label[,group][,fold]``."""

import posixpath
from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ...utils.formatting import format_names
from ..csv_table import PATH_COLUMNS, format_lines, read_csv_lines
from ..dataset import DataSet, Inventory, Layout, list_clip_files, warn_of
from ..names import FileFinder, describe_similar_labels, normalize_name
from .shared import read_submission_header


def read_manifest(path):
    """Read a manifest of labelled clips.

    Parameters
    ----------
    path : str or os.PathLike
        A CSV. ``path`` cells (or ``file_name``, ``filename``) are absolute or relative to the CSV's
        folder. Clips of one ``group`` stay on the same side of every split; without that column, or
        where a cell is empty, each clip is its own group. ``fold`` fixes the folds.

    Returns
    -------
    DataFrame
        Columns ``clip, label, group, path`` and, if the manifest has it, ``fold`` (int).

    Raises
    ------
    DataError
        A column is missing, a path or label is empty, a path is listed twice, there are fewer than
        two classes, a fold is not a whole number, or a group has more than one fold.

    Warns
    -----
    DataWarning
        Labels look the same.
    """
    path = Path(path)
    rows, notes = _read_rows(path)
    for names, problem, fix in find_problems(rows):
        raise DataError(f"{path}: {problem}: {format_names(names)}; {fix}")
    if rows["label"].nunique() < 2:
        raise DataError(
            f"{path}: the only class is {rows['label'].iloc[0]!r}; at least two are needed"
        )
    warn_of(path, notes)
    table = pd.DataFrame(
        {"clip": rows["clip"], "label": rows["label"], "group": rows["group"], "path": rows["path"]}
    )
    if "fold" in rows:
        table["fold"] = _to_numbers(rows["fold"]).rank(method="dense").astype(int) - 1
    return table.reset_index(drop=True)


def find_problems(rows):
    """Find what a manifest must not contain.

    Parameters
    ----------
    rows : DataFrame
        As in :attr:`~stemstack.datasets.dataset.Inventory.manifest`.

    Yields
    ------
    names : list of str
        The lines, paths or groups that are wrong.
    problem, fix : str
    """
    for column in ("path", "label"):
        blank = rows.index[~_is_filled(rows[column])]
        yield from _if_any(
            format_lines(blank), f"lines with an empty {column}", "complete or remove them"
        )
    paths = rows["path"].map(posixpath.normpath).where(_is_filled(rows["path"]))
    repeated = rows["path"][paths.duplicated() & paths.notna()]
    yield from _if_any(repeated, "paths that are listed twice", "keep one line per clip")
    if "fold" not in rows:
        return
    numbers = _to_numbers(rows["fold"])
    problem, fix = "lines whose fold is not a whole number", "number the folds 0, 1, 2, …"
    yield from _if_any(format_lines(rows.index[numbers.isna() | (numbers % 1 != 0)]), problem, fix)
    n_folds = numbers.groupby(rows["group"]).nunique()
    problem, fix = "groups in several folds, which leaks", "give each group one fold"
    yield from _if_any(n_folds.index[n_folds > 1], problem, fix)


def _read(path, *, stems, allow_missing_stems):
    return DataSet(path.parent, read_manifest(path), header=read_submission_header(path.parent))


def _take_inventory(path, *, stems):
    rows, notes = _read_rows(path)
    clips = list_clip_files(rows["path"], rows["label"], rows["group"])[_is_filled(rows["path"])]
    return Inventory(
        path.parent,
        songs=clips[["song", "genre"]].drop_duplicates(ignore_index=True),
        files=clips.drop_duplicates("path", ignore_index=True),
        manifest=rows,
        with_test=False,
        notes=notes,
    )


MANIFEST = Layout(
    "manifest",
    expected="a CSV manifest with columns path,label",
    detect=Path.is_file,
    read=_read,
    take_inventory=_take_inventory,
)


def _read_rows(path):
    """Read the rows of a manifest, with the names of files and classes as they are meant.

    Returns
    -------
    rows : DataFrame
        Columns ``clip`` (the path as written), ``path, label, group`` and possibly ``fold``; the
        index holds line numbers.
    notes : list of (str, str)
        What is doubtful, and how to fix it.
    """
    rows = read_csv_lines(path, [PATH_COLUMNS, "label"], ["group", "fold"])
    notes = describe_similar_labels(rows["label"])
    groups = rows["group"].map(normalize_name) if "group" in rows else rows["path"]
    groups = groups.where(_is_filled(groups), rows["path"])
    files = rows["path"].map(FileFinder(path.parent).find)
    labels = rows["label"].map(normalize_name)
    return rows.assign(clip=rows["path"], path=files, label=labels, group=groups), notes


def _is_filled(column):
    return column.str.strip() != ""


def _to_numbers(column):
    return pd.to_numeric(column, errors="coerce")


def _if_any(names, problem, fix):
    if len(names):
        yield list(names), problem, fix
