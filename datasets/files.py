"""Find audio files in a folder."""

import os
import sys
from functools import lru_cache
from pathlib import Path

from ..audio.ffmpeg import FFMPEG_SUFFIXES
from ..exceptions import DataError
from ..utils.cache import CACHE_TAG

# Those that libsndfile does not read go through ffmpeg; without it, reading them is an error, which
# names the file, as for those of the last line, which nothing reads. Left out, they would vanish.
AUDIO_SUFFIXES = FFMPEG_SUFFIXES | frozenset(
    {".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2"}
    | {".mpga", ".aiff", ".aif", ".aifc", ".au", ".snd", ".caf"}
    | {".dts", ".ofr", ".ra", ".shn"}
)


def is_audio(path):
    """Return whether a file is audio by its name; hidden files (``._song.wav``) are not.

    Examples
    --------
    >>> is_audio("a.WAV"), is_audio("a.m4a"), is_audio("._a.wav"), is_audio("notes.txt")
    (True, True, False, False)
    """
    path = Path(path)
    return path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith(".")


def name_within(file, root):
    """Return a file's path relative to a data folder, as tables hold it.

    Parameters
    ----------
    file, root : Path

    Returns
    -------
    str
        With forward slashes.

    Raises
    ------
    DataError
        The name is not valid UTF-8, which no table could hold, or the locale cannot tell.
    """
    name = file.relative_to(root).as_posix()
    if problem := find_name_problem(name):
        raise DataError(f"{root}: {problem}")
    return name


def find_name_problem(name):
    """Return why no table could hold a file name, and the fix; None for a name in UTF-8.

    Parameters
    ----------
    name : str

    Returns
    -------
    str or None
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        encoding, fix = sys.getfilesystemencoding(), "rename it"
        if encoding != "utf-8":
            fix = f"set PYTHONUTF8=1, since names are read as {encoding} in this locale"
        return f"{name!r} is not a UTF-8 name; {fix}"
    return None


def find_audio(folder):
    """List the audio files below a folder.

    Symbolic links are followed, but each folder is entered once only. Folders below it that are
    marked as caches (``CACHEDIR.TAG``) are left out.

    Parameters
    ----------
    folder : str or os.PathLike

    Returns
    -------
    list of Path
        Sorted by path; empty when there are none.

    Raises
    ------
    DataError
        A folder cannot be read.

    See Also
    --------
    read_data : Reads the audio files of a data set with their labels.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from stemstack.datasets import find_audio
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("b.wav", "a.flac", "notes.txt"):
    ...         Path(folder, name).touch()
    ...     [path.name for path in find_audio(folder)]
    ['a.flac', 'b.wav']
    """
    found, entered = [], set()
    for current, folders, files in os.walk(folder, onerror=_raise_unreadable, followlinks=True):
        if CACHE_TAG in files and Path(current) != Path(folder):
            folders.clear()
            continue
        stat = os.stat(current)
        if (stat.st_dev, stat.st_ino) in entered:
            folders.clear()
            continue
        entered.add((stat.st_dev, stat.st_ino))
        folders.sort()
        found += [Path(current, name) for name in files if is_audio(name)]
    return sorted(found)


def _raise_unreadable(error):
    # Without the folder there is nothing to list: what is done with no files decides.
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise DataError(
            f"{error.filename}: cannot be listed ({error.strerror.lower()}); make it readable, or "
            "remove it"
        ) from error


def real_paths(root, paths):
    """Return the paths of files with their folders resolved: equal however a file is named.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that relative paths start from.
    paths : iterable of str

    Returns
    -------
    list of str
    """
    real_folder = lru_cache(maxsize=None)(os.path.realpath)
    split = (os.path.split(os.path.join(root, path)) for path in paths)
    return [os.path.join(real_folder(folder), name) for folder, name in split]
