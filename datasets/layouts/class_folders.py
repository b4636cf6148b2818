"""Layout of one folder per class, with audio files at any depth."""

from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ..dataset import DataSet, Inventory, Layout, list_clip_files, list_unlabelled_files
from ..files import find_audio, name_within
from .shared import (
    NOISE_FOLDER,
    TEST_TABLE,
    list_test,
    paths_of,
    read_or_note,
    read_submission_header,
    read_test,
)

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
        Fewer than two classes have audio files.
    """
    table = list_clips(Path(root))
    if table["label"].nunique() < 2:
        raise DataError(
            f"{root}: only class {table['label'].iloc[0]!r} has audio files; at least two classes "
            "are needed"
        )
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
        (name_within(file, root), folder.name)
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
    clips = list_clips(path)
    clips = list_clip_files(clips["clip"], clips["label"], clips["clip"])
    errors = []
    test = read_or_note(list_test, path, ("test ids", TEST_TABLE), errors)
    files = [clips, list_unlabelled_files(paths_of(test), "test")]
    return Inventory(
        path,
        songs=clips[["song", "genre"]],
        files=pd.concat(files, ignore_index=True),
        test=test,
        errors=errors,
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
