"""Locks between processes, which end with the process that holds them."""

import os
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where the processes do not wait.
    fcntl = None


@contextmanager
def exclusive(folder):
    """Let one process at a time run a ``with`` block for a folder; others wait.

    Parameters
    ----------
    folder : str or os.PathLike
        Created if it does not exist, and removed if the block leaves it empty.
    """
    path = Path(folder, ".lock")
    existed = path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _lock(path)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        if file is not None:
            os.close(file)
        if not existed:
            with suppress(OSError):  # It is not empty: the block has written something.
                path.parent.rmdir()


def _lock(path):
    """Return the descriptor of a locked file; the lock is not inherited by worker processes."""
    if fcntl is None:
        return None
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        # Of this process only: unlike flock, it does not pass to forked workers.
        fcntl.lockf(file, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), os.stat(path)):
                return file
        os.close(file)  # Its last holder has just removed it.
