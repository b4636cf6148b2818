"""Data by URL: mirrored into the cache, then read as local data.

A URL is opened by fsspec: ``s3://bucket/messy``, ``https://host/manifest.csv``,
``zip://::/data/messy-mashup.zip``. Only :data:`PROTOCOLS` are opened: others, such as ``dask://``,
would connect to a host that can make this process run code. Credentials are set as each protocol
expects, by its environment variables and files. fsspec, which comes with the ``scale`` extra, is
imported only for URLs.
"""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import quote, unquote

from ..exceptions import DataError, MissingExtraError, StemstackError, import_optional
from ..utils.atomic_write import atomic_path, write_text
from ..utils.cache import default_cache_folder, read_entry
from ..utils.hashing import hash_bytes
from ..utils.progress import NO_PROGRESS
from .csv_table import PATH_COLUMNS, read_csv_text
from .files import is_audio
from .transfer import check_entries, check_space, counting_callback, open_tar, web_options

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
            A name leads out of the folder, a file arrived incomplete, or the files are too large,
            too many or not plain files.
        """
        check_entries(self.url, fs, files)
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
        check_space(self.url, self.folder, sum(files[name].info.get("size") or 0 for name in new))
        callback = counting_callback(self.url, 0)
        with progress.stage(f"fetching {self.url}", len(new)) as advance:
            for start in range(0, len(new), _BATCH):
                batch = new[start : start + _BATCH]
                self._get(fs, {paths[name]: files[name] for name in batch}, callback)
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
        return read_entry(self._index, _read_versions) or {}

    def _get(self, fs, files, callback):
        with ExitStack() as stack:
            temporary = {stack.enter_context(atomic_path(path)): files[path] for path in files}
            sources = [file.path for file in temporary.values()]
            fs.get(sources, [str(path) for path in temporary], callback=callback)
            for path, file in temporary.items():
                if not file.has_size(path):
                    raise DataError(
                        f"{self.url}: {file.path} arrived with {path.stat().st_size} bytes, "
                        f"expected {file.info['size']}; repeat the command"
                    )


def _read_versions(path):
    return dict(json.loads(path.read_text(encoding="utf-8"))["files"])


def _remove(path, top):
    """Remove a file, and its folders below ``top`` that are then empty."""
    if path.name.startswith(".") and time.time() - path.stat().st_mtime < _ABANDONED_SECONDS:
        return
    path.unlink()
    # A folder that is not empty cannot be removed.
    with suppress(OSError):
        for folder in path.relative_to(top).parents[:-1]:
            (top / folder).rmdir()


# Protocols that transfer bytes and nothing else.
PROTOCOLS = (
    *("file", "http", "https", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "hf"),
    *("zip", "tar", "memory"),
)
_N_THREADS = 16
# Folders below each other; a web server may invent more without an end.
_MAX_DEPTH = 32


def is_url(data):
    """Return whether data are named by a URL: a string with ``://`` or fsspec's chaining ``::``.

    Parameters
    ----------
    data : str or os.PathLike

    Returns
    -------
    bool

    See Also
    --------
    local_data : Fetches the data of a URL.

    Examples
    --------
    >>> from stemstack.datasets import is_url
    >>> is_url("s3://bucket/messy"), is_url("data/messy")
    (True, False)
    """
    if not isinstance(data, str):
        return False
    return "://" in data or ("::" in data and not os.path.exists(data))


def url_within(url, name):
    """Return the URL of a file below a URL.

    Parameters
    ----------
    url, name : str

    Returns
    -------
    str

    See Also
    --------
    is_url : Distinguishes URLs from local paths.

    Examples
    --------
    >>> from stemstack.datasets import url_within
    >>> url_within("s3://bucket/clips", "a.wav")
    's3://bucket/clips/a.wav'
    >>> url_within("zip://::/data/clips.zip", "a.wav")
    'zip://a.wav::/data/clips.zip'
    """
    head, chain, rest = url.partition("::")
    return f"{head}{'' if head.endswith('/') else '/'}{name}{chain}{rest}"


def local_data(data, cache=None, *, progress=NO_PROGRESS):
    """Return the local path of data, fetching from a URL what is new there.

    A folder is mirrored with the audio files and CSV tables below it, a CSV manifest with the
    files that it lists, relative to its own folder. Files that have not changed, by size and by
    the checksum or time of the remote file, are not fetched again; files that no longer exist
    there are removed. Each file is written atomically: an interrupted call can be repeated, and
    several processes may mirror the same URL. (If a web server sends neither ETag nor time, only a
    change of size is noticed.)

    Parameters
    ----------
    data : str or os.PathLike
        A local path, which is returned unchanged, or the URL of a folder, a CSV manifest or one
        audio file.
    cache : str or os.PathLike, optional
        The mirror is below its ``remote`` folder; ``STEMSTACK_CACHE`` or ``~/.cache/stemstack``
        by default.
    progress : NullProgress
        Shows how many files have been fetched; shows nothing by default.

    Returns
    -------
    Path

    Raises
    ------
    DataError
        The URL's protocol is not one of :data:`PROTOCOLS`, the URL does not exist, access is
        forbidden, the connection fails, a file name leads out of the folder, the data are larger
        than the environment variable ``STEMSTACK_MAX_DATA_GB`` (64 by default), an archive is a
        decompression bomb or holds links or devices, or a server redirects to a private address.
    MissingExtraError
        fsspec, or the package of the URL's protocol, is not installed.

    See Also
    --------
    read_data : Reads a data set from a path or a URL.

    Examples
    --------
    >>> from stemstack.datasets import local_data
    >>> local_data("data/messy").as_posix()
    'data/messy'
    """
    if not is_url(data):
        return Path(data)
    _check_protocols(data)
    folder = Path(cache or default_cache_folder(), "remote", hash_bytes(data.encode()))
    fsspec = import_optional("fsspec", "scale")
    with _translated_errors(data):
        if data.startswith("tar://"):
            fs, path = open_tar(data)
        else:
            fs, path = fsspec.url_to_fs(data, **web_options(data))
        # Listings of an earlier call in this process may be outdated.
        fs.invalidate_cache()
        base, _, name = path.rstrip("/").rpartition("/")
        name = _decode(fs, name) or PurePosixPath(data.rpartition("::")[2]).stem
        if name.endswith(".csv"):
            _mirror_manifest(fs, base, name, Mirror(folder, data), progress)
        elif is_audio(name):
            mirror = Mirror(folder, data)
            mirror.fetch(fs, _look_up(fs, base, [name], mirror), progress)
        else:
            files, mirror = _list_folder(fs, path, data), Mirror(folder / name, data)
            mirror.fetch(fs, files, progress)
            mirror.remove_others(files)
    return folder / name


def _check_protocols(url):
    """Raise a DataError unless every link of a chained URL has an allowed protocol."""
    *outer, last = url.split("::")
    chain = [link.partition("://")[0] for link in outer]
    # The last link may be a local path.
    chain += [last.partition("://")[0]] if "://" in last else []
    for protocol in chain:
        if protocol not in PROTOCOLS:
            raise DataError(
                f"{url}: data are not read from {protocol}://; expected one of "
                f"{', '.join(PROTOCOLS)}, such as s3://bucket/folder or https://host/manifest.csv"
            )


def _mirror_manifest(fs, base, name, mirror, progress):
    """Mirror a manifest, then the files that it lists."""
    manifest = _look_up(fs, base, [name], mirror)
    mirror.fetch(fs, manifest, progress)
    paths = read_csv_text(mirror.folder / name, [PATH_COLUMNS])["path"]
    names = [path.strip().replace("\\", "/") for path in paths]
    # Empty cells are reported by the reader of manifests.
    clips = _look_up(fs, base, [name for name in names if name], mirror)
    mirror.fetch(fs, manifest | clips, progress)
    mirror.remove_others(manifest | clips)


def _list_folder(fs, path, url):
    """Return the audio files and CSV tables of a remote folder, as RemoteFile by name."""
    base, files = path.rstrip("/"), {}
    for file, info in fs.find(path, detail=True, maxdepth=_MAX_DEPTH).items():
        name = _decode(fs, file.removeprefix(base).removeprefix("/"))
        if is_audio(name) or name.endswith(".csv"):
            files[name] = RemoteFile(file, info)
    if not files:
        raise DataError(
            f"{url}: no audio file and no CSV table is below it; check the name, and if its "
            "protocol cannot list folders, give a CSV manifest"
        )
    # The links of a web page have no size.
    unsized = {name: file.path for name, file in files.items() if file.info.get("size") is None}
    return files | dict(zip(unsized, _read_infos(fs, list(unsized.values())), strict=True))


def _look_up(fs, base, names, mirror):
    """Return files by their names within a remote folder, as RemoteFile by name."""
    for name in names:
        mirror.local_path(name)
    encoded = [quote(name) if _is_web(fs) else name for name in names]
    return dict(zip(names, _read_infos(fs, [f"{base}/{name}" for name in encoded]), strict=True))


def _read_infos(fs, paths):
    """Return the RemoteFile of each path, asking for many at a time where possible."""
    with ThreadPoolExecutor(_N_THREADS if fs.async_impl else 1) as pool:
        return [RemoteFile(*pair) for pair in zip(paths, pool.map(fs.info, paths), strict=True)]


def _is_web(fs):
    return "https" in fs.protocol


def _decode(fs, name):
    return unquote(name) if _is_web(fs) else name


@contextmanager
def _translated_errors(url):
    """Turn the errors of a protocol's library into one line with the URL and how to fix it."""
    try:
        yield
    except StemstackError:
        raise
    except ImportError as error:
        raise MissingExtraError(f"{url}: {error}; that package reads its protocol") from error
    except Exception as error:
        # fsspec reports every failure of the web as "not found", with the actual error as cause.
        cause = error.__cause__ or error
        if isinstance(cause, StemstackError):
            raise cause from None
        text = " ".join(f"{type(cause).__name__}: {cause}".split())
        raise DataError(f"{url}: cannot be fetched ({text}); {_suggest_fix(cause)}") from error


def _suggest_fix(error):
    status = getattr(error, "status", None)
    if isinstance(error, FileNotFoundError) or status == 404:
        return "check the name"
    if isinstance(error, PermissionError) or status in (401, 403):
        return "give its protocol's credentials, by its environment variables or files"
    if isinstance(error, ValueError):
        return "expected a URL such as s3://bucket/folder or https://host/manifest.csv"
    return "fix that and repeat the command: files fetched so far are not fetched again"
