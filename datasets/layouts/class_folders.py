"""Layout of one folder per class, with audio files at any depth."""

from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ...utils.formatting import format_names
from ..dataset import (
    DataSet,
    Inventory,
    Layout,
    list_clip_files,
    list_unlabelled_files,
    warn_of,
)
from ..files import find_audio, is_audio, name_within
from ..names import describe_similar_labels, normalize_name
from .shared import (
    NOISE_FOLDER,
    TEST_TABLE,
    list_test,
    paths_of,
    read_or_note,
    read_submission_header,
    read_test,
)
from .splits import find_repeated_folders, find_structure_problem

# Folders that are not classes.
RESERVED = frozenset({"mashups", "test", "meta", NOISE_FOLDER})


def read_class_folders(root):
    """Read a folder per class into one table.

    Every file is its own group. Use a manifest with a ``group`` column when several files come from
    one song; otherwise the score is optimistic.

    Parameters
    ----------
    root : str or os.PathLike

    Returns
    -------
    DataFrame
        Columns ``clip, label, group, path``; ``clip`` and ``path`` are relative to ``root``.

    Raises
    ------
    DataError
        Fewer than two classes have audio files, or the folders are not classes but parts of a split
        (``train``, ``val``, …) or folders around the class folders.

    Warns
    -----
    DataWarning
        Classes look the same, the folders may not be the classes, or audio files are in no class
        folder.
    """
    root = Path(root)
    table = list_clips(root)
    error = _find_structure_error(root, table)
    if error is not None:
        raise error
    if table["label"].nunique() < 2:
        raise DataError(
            f"{root}: only class {table['label'].iloc[0]!r} has audio files; at least two classes "
            "are needed"
        )
    untracked = _list_untracked(root)
    if untracked:
        ignored = f"audio files outside class folders are ignored: {format_names(untracked)}"
        warn_of(root, [(ignored, "move each into the folder of its class")])
    warn_of(root, _list_notes(root, table))
    return table.assign(group=table["clip"], path=table["clip"])


def list_clips(root):
    """List the audio files of each class folder.

    Parameters
    ----------
    root : Path

    Returns
    -------
    DataFrame
        Columns ``clip`` (relative to ``root``) and ``label``.
    """
    rows = [
        (name_within(file, root), normalize_name(folder.name))
        for folder in _class_folders(root)
        for file in find_audio(folder)
    ]
    return pd.DataFrame(rows, columns=["clip", "label"])


def _detect(path):
    return path.is_dir() and any(find_audio(folder) for folder in _class_folders(path))


def _read(path, *, stems, allow_missing_stems):
    return DataSet(
        path, read_class_folders(path), read_test(path), header=read_submission_header(path)
    )


def _take_inventory(path, *, stems):
    table = list_clips(path)
    clips = list_clip_files(table["clip"], table["label"], table["clip"])
    error = _find_structure_error(path, table)
    errors = [] if error is None else [("folders", path.name, error)]
    test = read_or_note(list_test, path, ("test ids", TEST_TABLE), errors)
    files = [clips, list_unlabelled_files(paths_of(test), "test")]
    return Inventory(
        path,
        songs=clips[["song", "genre"]],
        files=pd.concat(files, ignore_index=True),
        untracked=_list_untracked(path),
        test=test,
        errors=errors,
        notes=_list_notes(path, table),
    )


CLASS_FOLDERS = Layout(
    "class_folders",
    expected="a folder of audio files per class",
    detect=_detect,
    read=_read,
    take_inventory=_take_inventory,
)


def _class_folders(root):
    return [
        folder
        for folder in sorted(root.iterdir())
        if folder.is_dir() and folder.name not in RESERVED and not folder.name.startswith(".")
    ]


def _find_structure_error(root, table):
    """Return the error if the folders are not classes, or None."""
    problem = find_structure_problem(root, table["clip"])
    return DataError(f"{root}: {problem[0]}; {problem[1]}") if problem else None


def _list_untracked(root):
    """List the audio files next to the class folders."""
    return [file.name for file in sorted(root.iterdir()) if file.is_file() and is_audio(file)]


def _list_notes(root, table):
    """Return what is doubtful about the folders, and how to fix it."""
    used = {Path(clip).parts[0] for clip in table["clip"]}
    notes = describe_similar_labels(f.name for f in _class_folders(root) if f.name in used)
    return notes + find_repeated_folders(table["clip"])
