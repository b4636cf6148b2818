"""Layout (b): a folder per class, each holding ordinary audio files at any depth."""

from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ..files import find_audio, name_within
from .stems import NOISE_FOLDER

# Folders beside the classes that are never classes themselves.
RESERVED = frozenset({"mashups", "test", "meta", NOISE_FOLDER})


def is_class_folder(root):
    """Tell whether some sub-folder holds audio files."""
    return any(find_audio(folder) for folder in _class_folders(root))


def read_class_folders(root):
    """Read a folder per class into one table.

    Every file is its own group: use a manifest with a ``group`` column when several files come from
    one song, or their score will be optimistic.

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
        Fewer than two classes have audio.
    """
    table = list_clips(Path(root))
    if table["label"].nunique() < 2:
        raise DataError(
            f"{root}: only class {table['label'].iloc[0]!r} has audio files; two are needed"
        )
    return table.assign(group=table["clip"], path=table["clip"])


def list_clips(root):
    """List the audio files below each class folder.

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


def _class_folders(root):
    return [
        folder
        for folder in sorted(Path(root).iterdir())
        if folder.is_dir() and folder.name not in RESERVED and not folder.name.startswith(".")
    ]
