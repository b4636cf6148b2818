"""Noise clips of a data set: a folder of the same structure as ESC-50."""

from pathlib import Path

import pandas as pd

from ..files import find_audio, name_within
from .tables import read_csv_text

NOISE_FOLDER = "ESC-50-master"
NOISE_AUDIO = f"{NOISE_FOLDER}/audio"
NOISE_TABLE = f"{NOISE_FOLDER}/meta/esc50.csv"


def list_noise(root):
    """List the paths of the noise clips, relative to the data folder.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that may hold ``ESC-50-master``.

    Returns
    -------
    list of str
    """
    return [name_within(file, Path(root)) for file in find_audio(Path(root, NOISE_AUDIO))]


def read_noise(root):
    """Read the table of noise clips, if the data set has any.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that may hold ``ESC-50-master``.

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
    paths = list_noise(root)
    if not paths:
        return None
    table = pd.DataFrame({"path": paths})
    meta = Path(root, NOISE_TABLE)
    if not meta.exists():
        return table.assign(category="", group=table["path"])
    rows = read_csv_text(meta, ["filename", "category", "src_file"]).set_index("filename")
    rows = rows[~rows.index.duplicated()].reindex([Path(path).name for path in paths])
    rows = rows.reset_index(drop=True)
    return table.assign(
        category=rows["category"].fillna(""), group=rows["src_file"].fillna(table["path"])
    )
