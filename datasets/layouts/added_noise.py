"""Noise from a folder of one's own, for recordings as for stems."""

import os
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ...exceptions import DataError
from ...utils.progress import NO_PROGRESS
from ..dataset import RECORDING
from ..files import find_audio, name_within, real_paths
from ..synthetic_noise import NO_NOISE, SYNTHETIC, write_synthetic_noise
from .shared import NOISE_FOLDER, read_noise


def add_noise(data, noise, *, cache=None, progress=NO_PROGRESS):
    """Add noise clips to a data set.

    Parameters
    ----------
    data : DataSet
    noise : str, os.PathLike or None
        A folder with audio files at any depth, or with the structure of ESC-50, whose table says
        which clips were cut from one recording; ``"synthetic"`` for generated clips; ``"off"`` or
        None for none.
    cache : str or os.PathLike, optional
        Where generated clips are; see :func:`write_synthetic_noise`.
    progress : NullProgress

    Returns
    -------
    DataSet
        With noise, of songs in stems: recordings are songs of one stem.

    Raises
    ------
    DataError
        The folder has no audio files, or is of the data set's own clips.
    """
    if noise in (None, NO_NOISE):
        return data
    is_synthetic = noise == SYNTHETIC
    folder = write_synthetic_noise(cache, progress=progress) if is_synthetic else Path(noise)
    table = _read_folder(folder, data.root)
    if data.has_stems:
        return replace(data, noise=table)
    training = set(real_paths(data.root, data.train["path"]))
    shared = [path for path in real_paths(data.root, table["path"]) if path in training]
    if shared:
        raise DataError(
            f"{folder}: holds training clips, such as {shared[0]}; give a folder of noise clips"
        )
    train = data.train.rename(columns={"clip": "song", "path": RECORDING})
    return replace(data, train=train, noise=table)


def _read_folder(folder, root):
    """Return the table of noise clips, with paths relative to the root of the data set."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give a folder of noise clips")
    folder = Path(os.path.abspath(folder))  # The name of "." is empty.
    places = (folder / NOISE_FOLDER, folder, *[folder.parent] * (folder.name == "audio"))
    esc50 = next((place for place in places if (place / "meta/esc50.csv").exists()), None)
    top = folder if esc50 is None else esc50.parent
    table = None if esc50 is None else read_noise(top, esc50.name)
    if table is None:
        files = [name_within(file, top) for file in find_audio(folder)]
        table = pd.DataFrame({"path": files, "category": "", "group": files})
    if not len(table):
        raise DataError(f"{folder}: has no audio files; give a folder of noise clips")
    top = _relative(top, root)
    return table.assign(path=[(top / path).as_posix() for path in table["path"]])


def _relative(folder, root):
    """Return the path of a folder from another, as tables hold it; absolute on another drive."""
    # Of real paths: where a folder is a link, its parent is that of the folder it leads to.
    folder, root = os.path.realpath(folder), os.path.realpath(root)
    try:
        return Path(os.path.relpath(folder, root))
    except ValueError:
        return Path(folder)
