"""Writes that are whole or not there: a temporary file beside the target, then a rename."""

import os
import uuid
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path):
    """Give a temporary path that becomes ``path`` when the block ends well, and vanishes otherwise.

    Parameters
    ----------
    path : str or os.PathLike
        The target; its folder is made when missing.

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
    """Write UTF-8 text atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
