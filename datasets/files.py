"""Find audio files under a folder, in a fixed order, surviving symlink loops."""

import os
from pathlib import Path

from ..exceptions import DataError

AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf", ".w64"}
)


def is_audio(path):
    """Tell by its name whether a file is audio; hidden files (``._song.wav``) are not."""
    path = Path(path)
    return path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith(".")


def name_within(file, root):
    """Name a file relative to a data folder, as tables do.

    Parameters
    ----------
    file, root : Path

    Returns
    -------
    str
        POSIX style.

    Raises
    ------
    DataError
        The name is not valid UTF-8: no table could hold it.
    """
    name = file.relative_to(root).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{root}: {name!r} is not a UTF-8 name; rename it") from error
    return name


def find_audio(folder):
    """List the audio files below a folder.

    Symbolic links are followed, each folder being entered once however many links lead to it.

    Parameters
    ----------
    folder : str or os.PathLike

    Returns
    -------
    list of Path
        Sorted by path; empty when there are none.
    """
    found, entered = [], set()
    for here, folders, files in os.walk(folder, followlinks=True):
        stat = os.stat(here)
        if (stat.st_dev, stat.st_ino) in entered:
            folders.clear()
            continue
        entered.add((stat.st_dev, stat.st_ino))
        folders.sort()
        found += [Path(here, name) for name in files if is_audio(name)]
    return sorted(found)
