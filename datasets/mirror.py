"""Local mirror of a remote folder: fetches changed files only, each atomically."""

import json
import os
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from ..exceptions import DataError
from ..utils.atomic_write import atomic_path, write_text
from ..utils.hashing import hash_bytes

# Files fetched at a time; an interrupted call loses at most these.
_BATCH = 64
# A younger hidden file may be another process's download.
_ABANDONED_SECONDS = 86400


class RemoteFile(NamedTuple):
    """File of an fsspec file system: its path there, and the result of ``fs.info``."""

    path: str
    info: dict

    @property
    def version(self):
        """Hash of the information, which differs once the file has changed."""
        # Without the address that a web server redirected to, which may be signed each time.
        info = {name: value for name, value in self.info.items() if name != "url"}
        return hash_bytes(json.dumps(info, sort_keys=True, default=str).encode())

    def has_size(self, local):
        """Return whether a local file has the same size, if the remote size is available."""
        return self.info.get("size") in (None, local.stat().st_size)


class Mirror:
    """Local copy of a remote folder.

    Parameters
    ----------
    folder : Path
        A file of the same name with ``.json`` appended records the versions fetched.
    url : str
        The folder's URL, for messages.
    """

    def __init__(self, folder, url):
        self.folder = Path(os.path.abspath(folder))
        self.url = url
        self._index = self.folder.with_name(f"{self.folder.name}.json")

    def local_path(self, name):
        """Return the local path of a file, whose name is not trusted.

        Parameters
        ----------
        name : str
            Relative to the remote folder.

        Returns
        -------
        Path

        Raises
        ------
        DataError
            The name leads out of the folder.
        """
        path = Path(os.path.normpath(self.folder / name))
        if self.folder not in path.parents or "://" in name:
            raise DataError(
                f"{self.url}: the name {name!r} leads out of its folder; expected names of files "
                "in it, relative to it"
            )
        return path

    def fetch(self, fs, files, progress):
        """Fetch the files that are new or have changed.

        Parameters
        ----------
        fs : fsspec.AbstractFileSystem
        files : dict of str to RemoteFile
            By name within the folder.
        progress : NullProgress

        Raises
        ------
        DataError
            A name leads out of the folder, or a file arrived incomplete.
        """
        versions, paths = self._read_versions(), {name: self.local_path(name) for name in files}
        new = [
            name
            for name, file in files.items()
            if not (
                versions.get(name) == file.version
                and paths[name].is_file()
                and file.has_size(paths[name])
            )
        ]
        if not new:
            return
        with progress.stage(f"fetching {self.url}", len(new)) as advance:
            for start in range(0, len(new), _BATCH):
                batch = new[start : start + _BATCH]
                self._get(fs, {paths[name]: files[name] for name in batch})
                versions |= {name: files[name].version for name in batch}
                write_text(self._index, json.dumps({"url": self.url, "files": versions}, indent=1))
                advance(len(batch))

    def remove_others(self, names):
        """Remove all other files, and the folders that this leaves empty.

        Parameters
        ----------
        names : iterable of str
            Names of the files that remain.
        """
        remaining = {self.local_path(name) for name in names}
        for folder, _, files in os.walk(self.folder):
            for path in {Path(folder, name) for name in files} - remaining:
                # Another process may have removed or renamed it.
                with suppress(FileNotFoundError):
                    _remove(path, self.folder)

    def _read_versions(self):
        if not self._index.exists():
            return {}
        return json.loads(self._index.read_text(encoding="utf-8"))["files"]

    def _get(self, fs, files):
        with ExitStack() as stack:
            temporary = {stack.enter_context(atomic_path(path)): files[path] for path in files}
            fs.get([file.path for file in temporary.values()], [str(path) for path in temporary])
            for path, file in temporary.items():
                if not file.has_size(path):
                    raise DataError(
                        f"{self.url}: {file.path} arrived with {path.stat().st_size} bytes, "
                        f"expected {file.info['size']}; repeat the command"
                    )


def _remove(path, top):
    """Remove a file, and its folders below ``top`` that are then empty."""
    if path.name.startswith(".") and time.time() - path.stat().st_mtime < _ABANDONED_SECONDS:
        return
    path.unlink()
    # A folder that is not empty cannot be removed.
    with suppress(OSError):
        for folder in path.relative_to(top).parents[:-1]:
            (top / folder).rmdir()
