"""Atomic writes: a temporary file in the target's folder, then a rename."""

import errno
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path

from ..exceptions import StemstackError, StorageError
from .leftovers import forget_temporary, new_temporary

# Errors that only a write raises; others may come from what the block reads or connects to.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
# Bytes written to find out whether the disk is full; more than a file system sets aside for a file.
_PROBE = bytes(1 << 20)


@contextmanager
def atomic_path(path):
    """Yield a temporary path that is renamed to ``path`` if the block succeeds, else removed.

    Parameters
    ----------
    path : str or os.PathLike
        The target; its folder is created if it does not exist.

    Yields
    ------
    Path
        A new name in the same folder, with the target's suffix.

    Raises
    ------
    StorageError
        The file cannot be written. Any other error of the block is passed on.
    """
    path = Path(path)
    temporary = None
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            # A rename would replace the device itself.
            raise StorageError(f"{path}: is a device or a pipe; give the path of a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = new_temporary(path)
        yield temporary
        os.replace(temporary, path)
    except StemstackError:
        raise
    except Exception as error:
        fault = _find_fault(error, temporary, path)
        if fault is None:
            raise
        raise _storage_error(fault, path) from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
            forget_temporary(temporary)


def write_text(path, text):
    """Write UTF-8 text atomically.

    Parameters
    ----------
    path : str or os.PathLike
    text : str

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path, data):
    """Write bytes atomically.

    Parameters
    ----------
    path : str or os.PathLike
    data : bytes-like

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def link_or_copy(source, target):
    """Hard-link a file or the files of a folder, or copy them where the file system cannot link.

    Files written with :func:`atomic_path` are replaced, never changed in place: what later happens
    to one name does not affect the other.

    Parameters
    ----------
    source, target : Path
        Existing files are replaced; hidden files of a folder are skipped.
    """
    if source.is_dir():
        for path in sorted(source.iterdir()):
            if not path.name.startswith("."):
                link_or_copy(path, target / path.name)
        return
    with atomic_path(target) as temporary:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def _find_fault(error, temporary, path):
    """Return the OSError of a write that failed; None if the block failed for another reason."""
    if isinstance(error, OSError):
        if error.errno in _FULL or error.errno == errno.EROFS:
            return error
        own = {str(file) for file in (temporary, path, *path.parents)}
        if {error.filename, error.filename2} & own:
            return error
        if error.errno is not None:
            return None
    # Libraries report a full disk as errors of their own, from AssertionError to RuntimeError.
    probe = new_temporary(path)
    try:
        probe.write_bytes(_PROBE)
    except OSError as fault:
        return fault
    finally:
        with suppress(OSError):
            probe.unlink()
        forget_temporary(probe)
    return None


def _storage_error(fault, path):
    # pyarrow's text has the number in it.
    reason = (os.strerror(fault.errno) if fault.errno else str(fault)).lower()
    if fault.errno in _REFUSED:
        folder = next((p for p in path.parents if p.is_dir()), path.parent)
        return StorageError(f"{folder}: cannot be written to ({reason}); choose another folder")
    if fault.errno in _FULL:
        return StorageError(
            f"{path}: cannot be written ({reason}); free some space, or choose another folder, and "
            "repeat the command"
        )
    blocked = next((p for p in path.parents if os.path.lexists(p) and not p.is_dir()), None)
    reason = reason if blocked is None else f"{blocked} is not a folder"
    return StorageError(f"{path}: cannot be written ({reason})")
