"""Atomic writes: a temporary file in the target's folder, then a rename."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from .leftovers import forget_temporary, new_temporary


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
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = new_temporary(path)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
        forget_temporary(temporary)


def write_text(path, text):
    """Write UTF-8 text atomically.

    Parameters
    ----------
    path : str or os.PathLike
    text : str
    """
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


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
