"""The cache folder: where it is by default, and how its entries are read.

An entry that cannot be read is removed, reported and computed again: nothing in a cache is needed.
"""

import importlib.util
import logging
import os
import stat
import sys
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from ..exceptions import StorageError, first_line

_LOGGER = logging.getLogger("stemstack")
# Marks a folder whose files can be made again (https://bford.info/cachedir).
CACHE_TAG = "CACHEDIR.TAG"
_CACHE_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n"


def default_cache_folder():
    """Return the cache folder of this user on this machine.

    The first that is set or can be written to: ``STEMSTACK_CACHE``; ``stemstack`` in the user's
    cache folder (``XDG_CACHE_HOME``, ``%LOCALAPPDATA%``, ``~/Library/Caches``, ``~/.cache``); a
    private folder among the temporary files.

    Returns
    -------
    Path
        Need not exist.
    """
    if folder := os.environ.get("STEMSTACK_CACHE"):
        return Path(folder)
    base = user_cache_folder()
    if base is None or not can_write(base / "stemstack"):
        base = _temporary_base()
    return base / "stemstack"


def mark_as_cache(folder):
    """Mark a folder as one of a cache, whose files are no data and need no backup.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CACHE_TAG
    if not path.exists():
        path.write_text(_CACHE_SIGNATURE)


def user_cache_folder():
    """Return the folder of the user's caches, by the conventions of the system.

    Returns
    -------
    Path or None
        None if the user has no home, as in a container that runs under any user id.
    """
    if Path(os.environ.get("XDG_CACHE_HOME", "")).is_absolute():
        return Path(os.environ["XDG_CACHE_HOME"])
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"])
    home = Path(os.path.expanduser("~"))  # Unlike Path.home(), this returns "~" without a home.
    if not home.is_absolute():
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def can_write(folder):
    """Return whether a folder can be written to, after creating it if it does not exist.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    bool
    """
    existing = next((path for path in (folder, *folder.parents) if os.path.lexists(path)), None)
    return (
        existing is not None and os.path.isdir(existing) and os.access(existing, os.W_OK | os.X_OK)
    )


def choose_library_caches(cache=None):
    """Give the libraries folders for their caches where they find none of their own.

    numba raises an error where neither the folder of the code nor the user's cache folder can be
    written to, and librosa where the user has no home. To be called before they are imported;
    worker processes inherit the choice.

    Parameters
    ----------
    cache : str or os.PathLike, optional
        A cache folder; :func:`default_cache_folder` by default.
    """
    base = user_cache_folder()
    if base is None:
        base = _temporary_base()
        os.environ["XDG_CACHE_HOME"] = str(base)
        os.environ.setdefault("MPLCONFIGDIR", str(base / "matplotlib"))
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    if can_write(base / "numba"):
        return
    librosa = importlib.util.find_spec("librosa")
    folders = [Path(__file__).parent.parent, Path(librosa.origin).parent]
    if not all(can_write(folder / "__pycache__") for folder in folders):
        os.environ["NUMBA_CACHE_DIR"] = str(Path(cache or default_cache_folder(), "numba"))


def read_entry(path, read):
    """Read an entry of a cache; one that is damaged is removed and reported.

    Parameters
    ----------
    path : Path
    read : callable
        Takes the path; any exception means that the entry is damaged.

    Returns
    -------
    object or None
        What ``read`` returns; None if there is no such entry, or no longer.

    Raises
    ------
    StorageError
        The entry exists, but access is denied or the disk fails.

    Examples
    --------
    >>> import json
    >>> read_entry(Path("missing.json"), lambda path: json.loads(path.read_text())) is None
    True
    """
    try:
        return read(path)
    except FileNotFoundError:
        return None
    except MemoryError:
        raise
    except Exception as error:  # The type depends on where the entry is damaged.
        if not os.path.lexists(path):
            return None  # Some libraries have an error of their own for it.
        # pyarrow raises OSError without a number for damaged content.
        if isinstance(error, OSError) and error.errno is not None:
            raise _denied(path, error) from error
        remove_damaged(path, error)
        return None


def remove_damaged(path, error):
    """Remove a damaged entry and log why.

    Parameters
    ----------
    path : Path
    error : Exception or str

    Raises
    ------
    StorageError
        The entry cannot be removed.
    """
    reason = first_line(error) if isinstance(error, Exception) else error
    try:
        path.unlink(missing_ok=True)
    except OSError as denied:
        raise _denied(path, denied) from denied
    # Logged, not warned: a warning would not leave a worker process.
    _LOGGER.warning("%s: damaged, removed from the cache and computed again (%s)", path, reason)


def _denied(path, error):
    reason = (error.strerror or str(error)).lower()
    return StorageError(
        f"{path}: this file of the cache cannot be used ({reason}); remove it, or choose another "
        "--cache"
    )


@lru_cache(maxsize=1)
def _temporary_base():
    """Return a folder of this user among the temporary files; a new one if that is not private."""
    user = os.getuid() if hasattr(os, "getuid") else "cache"
    folder = Path(tempfile.gettempdir(), f"stemstack-{user}")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    # Another user may have made it, and compiled code is loaded from it.
    private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o022
    if hasattr(os, "getuid") and not (private and status.st_uid == user):
        folder = Path(tempfile.mkdtemp(prefix="stemstack-"))
    _LOGGER.warning(
        "No cache folder of this user can be written to; using %s (see --cache)", folder
    )
    return folder
