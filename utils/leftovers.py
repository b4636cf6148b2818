"""Temporary files, and the removal of those that killed processes have left.

The name of a temporary file holds the process that writes it. A process that is stopped removes its
own; those of a process that was killed are removed by the next one that writes to the folder.
"""

import os
import platform
import re
import shutil
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import psutil

from .hashing import hash_bytes

_NAME = re.compile(r"\.tmp-(?P<machine>[0-9a-f]{8})-(?P<pid>\d+)-[0-9a-f]{12}(\..*)?")
# Processes of another machine cannot be looked up: their files are removed when no write can take
# so long.
_ABANDONED_SECONDS = 24 * 3600

_unfinished = set()


def new_temporary(path):
    """Return a new hidden name in the folder of a file, with its suffix.

    The first one in a folder also removes what killed processes have left there.

    Parameters
    ----------
    path : Path
        The file that the temporary one is to replace.

    Returns
    -------
    Path
        To be passed to :func:`forget_temporary` when it was renamed or removed.
    """
    _clean_once(path.parent)
    name = f".tmp-{_machine()}-{os.getpid()}-{uuid.uuid4().hex[:12]}{path.suffix}"
    temporary = path.with_name(name)
    _unfinished.add(temporary)
    return temporary


@contextmanager
def temporary_folder(parent=None):
    """Yield a new folder that is removed after the block.

    Like temporary files, the folder of a process that was killed is removed by a later one.

    Parameters
    ----------
    parent : str or os.PathLike, optional
        The system's folder of temporary files by default.

    Yields
    ------
    Path
    """
    folder = new_temporary(Path(parent or tempfile.gettempdir(), "folder"))
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        # Windows does not remove what is still mapped into memory.
        shutil.rmtree(folder, ignore_errors=True)
        forget_temporary(folder)


def forget_temporary(path):
    """Note that a temporary file is no longer being written."""
    _unfinished.discard(path)


def discard_unfinished():
    """Remove the files that this process is writing, before it exits without unwinding."""
    for path in list(_unfinished):
        # After a fork the set also holds the files of the parent.
        if f"-{os.getpid()}-" in path.name:
            with suppress(OSError):
                path.unlink()


def remove_leftovers(folder):
    """Remove temporary files that killed processes have left in a folder, but not below it.

    Parameters
    ----------
    folder : str or os.PathLike
        Files of running processes stay, also those of other machines.
    """
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(".tmp-")]
    for name in names:
        match, path = _NAME.fullmatch(name), Path(folder, name)
        # Another process may have removed or renamed it meanwhile.
        with suppress(OSError):
            if match and _is_abandoned(path, match["machine"], int(match["pid"])):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_abandoned(path, machine, pid):
    written = path.stat().st_mtime
    if machine != _machine():
        return time.time() - written > _ABANDONED_SECONDS
    try:
        # A process that started later only has the same number.
        return psutil.Process(pid).create_time() > written + 1
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


@lru_cache(maxsize=4096)
def _clean_once(folder):
    remove_leftovers(folder)


@lru_cache(maxsize=1)
def _machine():
    """Return a hash of everything that the numbers of processes belong to."""
    identity = platform.node()
    with suppress(OSError):
        # Containers may share the name of their host, and a folder, but number their own processes.
        identity += Path("/proc/sys/kernel/random/boot_id").read_text()
        identity += os.readlink("/proc/self/ns/pid")
    return hash_bytes(identity.encode())[:8]
