"""Data by URL: mirrored into the cache, then read as any local data.

A URL is whatever fsspec opens: ``s3://bucket/messy``, ``https://host/manifest.csv``,
``zip://::/data/messy-mashup.zip``. Credentials are each protocol's own, by its environment
variables and files. fsspec, which comes with the ``scale`` extra, is imported only for a URL.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from ..exceptions import DataError, MissingExtraError, StemstackError, import_optional
from ..utils.hashing import hash_bytes
from ..utils.progress import NO_PROGRESS
from .files import is_audio
from .layouts.manifest import read_csv_text
from .mirror import Mirror, Remote

_ASKED_AT_ONCE = 16


def is_url(data):
    """Tell whether data are named by a URL: a string with ``://``, or fsspec's chaining ``::``."""
    return isinstance(data, str) and ("://" in data or "::" in data)


def url_within(url, name):
    """Name a file below a URL.

    Examples
    --------
    >>> url_within("s3://bucket/clips", "a.wav"), url_within("zip://::/data/clips.zip", "a.wav")
    ('s3://bucket/clips/a.wav', 'zip://a.wav::/data/clips.zip')
    """
    head, chain, rest = url.partition("::")
    return f"{head}{'' if head.endswith('/') else '/'}{name}{chain}{rest}"


def local_data(data, cache=None, *, progress=NO_PROGRESS):
    """Give the local path of data, fetching what is new at a URL.

    A folder is mirrored with the audio files and CSV tables below it, a CSV manifest with the
    files it names, relative to its own folder. What has not changed, by the size and by the
    checksum or time that the remote tells, is not fetched again; what is gone there is removed.
    Each file is written whole: a killed call goes on where it was, and several processes may
    mirror the same at a time. (A web server that tells neither ETag nor time is taken to change
    no file but in size.)

    Parameters
    ----------
    data : str or os.PathLike
        A local path, given back as it is, or a URL of a folder, a CSV manifest or one audio file.
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
        Nothing is there, it is forbidden, the connection fails, or a name leads out of the folder.
    MissingExtraError
        fsspec, or the package of the URL's protocol, is not installed.
    """
    if not is_url(data):
        return Path(data)
    home = Path(cache or _default_cache(), "remote", hash_bytes(data.encode()))
    fsspec = import_optional("fsspec", "scale")
    with _explained(data):
        fs, path = fsspec.url_to_fs(data)
        # What this process listed before may have changed.
        fs.invalidate_cache()
        base, _, name = path.rstrip("/").rpartition("/")
        name = _decode(fs, name) or PurePosixPath(data.rpartition("::")[2]).stem
        if name.endswith(".csv"):
            _mirror_manifest(fs, base, name, Mirror(home, data), progress)
        elif is_audio(name):
            mirror = Mirror(home, data)
            mirror.fetch(fs, _look_up(fs, base, [name], mirror), progress)
        else:
            files, mirror = _list_folder(fs, path, data), Mirror(home / name, data)
            mirror.fetch(fs, files, progress)
            mirror.sweep(files)
    return home / name


def _default_cache():
    return os.environ.get("STEMSTACK_CACHE") or Path.home() / ".cache" / "stemstack"


def _mirror_manifest(fs, base, name, mirror, progress):
    """Mirror a manifest, then the files it names."""
    manifest = _look_up(fs, base, [name], mirror)
    mirror.fetch(fs, manifest, progress)
    rows = read_csv_text(mirror.folder / name, ["path"])["path"]
    # Empty cells are for the reader of manifests to complain of.
    clips = _look_up(fs, base, [row for row in rows if row.strip()], mirror)
    mirror.fetch(fs, manifest | clips, progress)
    mirror.sweep(manifest | clips)


def _list_folder(fs, path, url):
    """List what is read of a remote folder: Remote by name."""
    base, found = path.rstrip("/"), {}
    for file, info in fs.find(path, detail=True).items():
        name = _decode(fs, file.removeprefix(base).removeprefix("/"))
        if is_audio(name) or name.endswith(".csv"):
            found[name] = Remote(file, info)
    if not found:
        raise DataError(
            f"{url}: no audio file and no CSV table is below it; check the name, and where its "
            "protocol cannot list folders give a CSV manifest"
        )
    # The links of a web page have no size.
    untold = {name: file.path for name, file in found.items() if file.info.get("size") is None}
    return found | dict(zip(untold, _ask(fs, list(untold.values())), strict=True))


def _look_up(fs, base, names, mirror):
    """Look up files by their names within a remote folder: Remote by name."""
    for name in names:
        mirror.place(name)
    encoded = [quote(name) if _is_web(fs) else name for name in names]
    return dict(zip(names, _ask(fs, [f"{base}/{name}" for name in encoded]), strict=True))


def _ask(fs, files):
    """Ask what the remote tells of each file, of many at once where it can answer that."""
    with ThreadPoolExecutor(_ASKED_AT_ONCE if fs.async_impl else 1) as pool:
        return [Remote(*told) for told in zip(files, pool.map(fs.info, files), strict=True)]


def _is_web(fs):
    return "https" in fs.protocol


def _decode(fs, name):
    return unquote(name) if _is_web(fs) else name


@contextmanager
def _explained(url):
    """Turn whatever a protocol's library raises into one line that names the URL and the mend."""
    try:
        yield
    except StemstackError:
        raise
    except ImportError as error:
        raise MissingExtraError(f"{url}: {error}; that package reads its protocol") from error
    except Exception as error:
        # fsspec's web files say "not found" of whatever befell them, and what it was as the cause.
        cause = error.__cause__ or error
        raise DataError(f"{url}: cannot be fetched ({_name(cause)}); {_mend(cause)}") from error


def _name(error):
    return f"{type(error).__name__}: {error}"


def _mend(error):
    status = getattr(error, "status", None)
    if isinstance(error, FileNotFoundError) or status == 404:
        return "check the name"
    if isinstance(error, PermissionError) or status in (401, 403):
        return "give its protocol's credentials, by its environment variables or files"
    if isinstance(error, ValueError):
        return "expected a URL such as s3://bucket/folder or https://host/manifest.csv"
    return "mend that and give the same command again: it goes on where it was"
