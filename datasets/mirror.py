"""A remote folder kept as a local one: only what has changed is fetched, each file whole."""

import json
import os
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from ..exceptions import DataError
from ..utils.atomic_write import atomic_path, write_text
from ..utils.hashing import hash_bytes

# Fetched at once, and lost at most by a kill.
_BATCH = 64
# Until then, a file of no known name may be another process's download.
_ABANDONED_SECONDS = 86400


class Remote(NamedTuple):
    """A file of an fsspec file system: its path there, and what ``fs.info`` tells of it."""

    path: str
    info: dict

    @property
    def mark(self):
        """What differs once the file has changed: a hash of all that is told of it."""
        # But for the address that a web server led to, which may be signed anew each time.
        told = {name: value for name, value in self.info.items() if name != "url"}
        return hash_bytes(json.dumps(told, sort_keys=True, default=str).encode())

    def has_size(self, local):
        """Tell whether a local file is as long, as far as the remote tells."""
        return self.info.get("size") in (None, local.stat().st_size)


class Mirror:
    """The local copy of a remote folder.

    Parameters
    ----------
    folder : Path
        Beside it, a file of the same name with ``.json`` added says what was fetched.
    url : str
        What messages call it.
    """

    def __init__(self, folder, url):
        self.folder = Path(os.path.abspath(folder))
        self.url = url
        self._index = self.folder.with_name(f"{self.folder.name}.json")

    def place(self, name):
        """Say where a file belongs; its name may be a stranger's.

        Raises
        ------
        DataError
            The name leads out of the folder.
        """
        place = Path(os.path.normpath(self.folder / name))
        if self.folder not in place.parents or "://" in name:
            raise DataError(
                f"{self.url}: the name {name!r} leads out of its folder; expected names of files "
                "in it, relative to it"
            )
        return place

    def fetch(self, fs, files, progress):
        """Fetch the files that are not there as they are at the remote.

        Parameters
        ----------
        fs : fsspec.AbstractFileSystem
        files : dict of str to Remote
            By name within the folder.
        progress : NullProgress

        Raises
        ------
        DataError
            A name leads out of the folder, or a file arrived cut short.
        """
        known, places = self._read(), {name: self.place(name) for name in files}
        new = [name for name in files if not self._has(places[name], files[name], known.get(name))]
        if not new:
            return
        with progress.stage(f"fetching {self.url}", len(new)) as advance:
            for start in range(0, len(new), _BATCH):
                batch = new[start : start + _BATCH]
                self._get(fs, {places[name]: files[name] for name in batch})
                known |= {name: files[name].mark for name in batch}
                write_text(self._index, json.dumps({"url": self.url, "files": known}, indent=1))
                advance(len(batch))

    def sweep(self, names):
        """Remove what is none of these files, and the folders that this leaves empty."""
        kept = {self.place(name) for name in names}
        for here, _, files in os.walk(self.folder):
            for path in {Path(here, name) for name in files} - kept:
                # What is gone by now was removed, or renamed, by another process.
                with suppress(FileNotFoundError):
                    _remove(path, self.folder)

    def _read(self):
        """Read which mark each file had when it was fetched."""
        if not self._index.exists():
            return {}
        return json.loads(self._index.read_text(encoding="utf-8"))["files"]

    def _has(self, place, remote, mark):
        return mark == remote.mark and place.is_file() and remote.has_size(place)

    def _get(self, fs, files):
        with ExitStack() as stack:
            whole = {stack.enter_context(atomic_path(place)): files[place] for place in files}
            fs.get([remote.path for remote in whole.values()], [str(path) for path in whole])
            for path, remote in whole.items():
                if not remote.has_size(path):
                    raise DataError(
                        f"{self.url}: {remote.path} came as {path.stat().st_size} bytes, not "
                        f"{remote.info['size']}; give the same command again"
                    )


def _remove(path, top):
    """Remove a file and its folders up to ``top`` that are then empty."""
    if path.name.startswith(".") and time.time() - path.stat().st_mtime < _ABANDONED_SECONDS:
        return
    path.unlink()
    # A folder that is not empty cannot be removed.
    with suppress(OSError):
        for folder in path.relative_to(top).parents[:-1]:
            (top / folder).rmdir()
