"""Layout of labelled clips listed in a CSV manifest ``path,label[,group][,fold]``."""

from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ...utils.formatting import format_names
from ..csv_table import PATH_COLUMNS, format_lines, read_csv_lines
from ..dataset import (
    DataSet,
    Inventory,
    Layout,
    list_clip_files,
    list_labels,
    list_unlabelled_files,
    warn_of,
)
from ..files import real_paths
from ..label_sets import explode_labels, sort_labels
from ..names import FileFinder, describe_similar_labels, normalize_name
from .shared import (
    TEST_TABLE,
    list_test,
    paths_of,
    read_or_note,
    read_submission_header,
    read_test,
)


def read_manifest(path, label_separator=None):
    """Read a manifest of labelled clips.

    Parameters
    ----------
    path : str or os.PathLike
        A CSV. ``path`` cells (or ``file_name``, ``filename``) are absolute or relative to the CSV's
        folder. Clips of one ``group`` stay on the same side of every split; without that column, or
        where a cell is empty, each clip is its own group. ``fold`` fixes the folds.
    label_separator : str, optional
        What separates the labels of a clip, which may have any number of them. By default each clip
        has one.

    Returns
    -------
    DataFrame
        Columns ``clip, label, group, path`` and, if the manifest has it, ``fold`` (int). Several
        labels are sorted, and joined by the separator.

    Raises
    ------
    DataError
        A column is missing, a path is empty or listed twice, there are fewer than two classes, a
        fold is not a whole number, or a group has more than one fold; a clip has no label without a
        separator, or all clips have the same label with one.

    Warns
    -----
    DataWarning
        Labels look the same.
    """
    path = Path(path)
    rows, notes = _read_rows(path, label_separator)
    for names, problem, fix in find_problems(path.parent, rows, label_separator):
        raise DataError(f"{path}: {problem}: {format_names(names)}; {fix}")
    classes = list_labels(rows["label"], label_separator)
    if len(classes) < 2:
        found = f"the only class is {classes[0]!r}" if classes else "no clip has a label"
        raise DataError(f"{path}: {found}; at least two are needed")
    warn_of(path, notes)
    table = pd.DataFrame(
        {"clip": rows["clip"], "label": rows["label"], "group": rows["group"], "path": rows["path"]}
    )
    if "fold" in rows:
        table["fold"] = _to_numbers(rows["fold"]).rank(method="dense").astype(int) - 1
    return table.reset_index(drop=True)


def find_problems(root, rows, label_separator=None):
    """Find what a manifest must not contain.

    Parameters
    ----------
    root : Path
        The folder of the manifest.
    rows : DataFrame
        As in :attr:`~stemstack.datasets.dataset.Inventory.manifest`.
    label_separator : str, optional
        What separates the labels of a clip.

    Yields
    ------
    names : list of str
        The lines, paths or groups that are wrong.
    problem, fix : str
    """
    for column in ("path",) if label_separator else ("path", "label"):
        blank = rows.index[~_is_filled(rows[column])]
        fix = "complete or remove them"
        if column == "label":
            fix += ", or add --label-separator ';' if clips have any number of labels"
        yield from _if_any(format_lines(blank), f"lines with an empty {column}", fix)
    filled = rows["path"][_is_filled(rows["path"])]
    repeated = filled[pd.Series(real_paths(root, filled), filled.index).duplicated()]
    yield from _if_any(repeated, "paths that are listed twice", "keep one line per clip")
    if label_separator:
        counts = explode_labels(rows["label"], label_separator).value_counts()
        problem, fix = "labels that every clip has", "remove them: there is nothing to learn"
        yield from _if_any(counts.index[counts == len(rows)], problem, fix)
    if "fold" not in rows:
        return
    numbers = _to_numbers(rows["fold"])
    problem, fix = "lines whose fold is not a whole number", "number the folds 0, 1, 2, …"
    yield from _if_any(format_lines(rows.index[numbers.isna() | (numbers % 1 != 0)]), problem, fix)
    n_folds = numbers.groupby(rows["group"]).nunique()
    problem, fix = "groups in several folds, which leaks", "give each group one fold"
    yield from _if_any(n_folds.index[n_folds > 1], problem, fix)


def _read(path, *, stems, allow_missing_stems, label_separator=None):
    return DataSet(
        path.parent,
        read_manifest(path, label_separator),
        read_test(path.parent) if _has_test(path) else None,
        header=read_submission_header(path.parent),
        label_separator=label_separator,
    )


def _has_test(path):
    """Return whether a ``test.csv`` in the folder is of the clips to predict."""
    return path.name != TEST_TABLE


def _take_inventory(path, *, stems, label_separator=None):
    rows, notes = _read_rows(path, label_separator)
    clips = list_clip_files(rows["path"], rows["label"], rows["group"])[_is_filled(rows["path"])]
    songs = clips[["song"]].join(explode_labels(clips["genre"], label_separator), how="inner")
    errors, where = [], ("test ids", TEST_TABLE)
    test = read_or_note(list_test, path.parent, where, errors) if _has_test(path) else None
    files = pd.concat([clips, list_unlabelled_files(paths_of(test), "test")], ignore_index=True)
    return Inventory(
        path.parent,
        songs=songs.drop_duplicates(ignore_index=True),
        files=files.drop_duplicates("path", ignore_index=True),
        manifest=rows,
        label_separator=label_separator,
        test=test,
        with_test=_has_test(path),
        errors=errors,
        notes=notes,
    )


MANIFEST = Layout(
    "manifest",
    expected="a CSV manifest with columns path,label",
    detect=Path.is_file,
    read=_read,
    take_inventory=_take_inventory,
)


def _read_rows(path, label_separator=None):
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
    written, several = rows["label"], []
    if label_separator:
        # Spaces next to a separator are no part of a label.
        names = (name.strip() for cell in written for name in cell.split(label_separator))
        written = [name for name in names if name]
    elif n_joined := written.str.contains(";").sum():
        joined = f"{n_joined} labels have a semicolon, and each is a class of its own"
        several = [(joined, "add --label-separator ';' if they are several labels of a clip")]
    notes = several + describe_similar_labels(written)
    groups = rows["group"].map(normalize_name) if "group" in rows else rows["path"]
    groups = groups.where(_is_filled(groups), rows["path"])
    files = rows["path"].map(FileFinder(path.parent).find)
    labels = rows["label"].map(lambda cell: sort_labels(cell, label_separator))
    return rows.assign(clip=rows["path"], path=files, label=labels, group=groups), notes


def _is_filled(column):
    return column.str.strip() != ""


def _to_numbers(column):
    return pd.to_numeric(column, errors="coerce")


def _if_any(names, problem, fix):
    if len(names):
        yield list(names), problem, fix
