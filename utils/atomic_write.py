"""Atomic writes: a temporary file in the target's folder, then a rename."""

import os
import uuid
from contextlib import contextmanager
from pathlib import Path


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
    temporary = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path, text):
    """Write UTF-8 text atomically.

    Parameters
    ----------
    path : str or os.PathLike
    text : str
    """
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
