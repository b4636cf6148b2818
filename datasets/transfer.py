"""Limits of what is fetched from a URL: size, number and kind of files, and redirects.

Archives and servers may be hostile: an archive of 10 MB can claim terabytes, and a web server can
redirect to an address behind a firewall. Everything is checked before it is written, and counted
while it is.
"""

import ipaddress
import os
import re
import shutil
import socket
import stat
import unicodedata
from collections import Counter
from urllib.parse import urljoin, urlsplit

from ..exceptions import DataError, UsageError, import_optional

MAX_DATA_VARIABLE = "STEMSTACK_MAX_DATA_GB"
MAX_DATA_GB = 64.0
_MAX_FILES = 1_000_000
# Audio hardly compresses; a million zeros to one kilobyte is not audio.
_MAX_RATIO, _RATIO_FROM = 100, 100_000_000
# Bytes of a web page that lists files.
_MAX_PAGE = 50_000_000
# Tar archives hold other types (devices, pipes), which have no data.
_TAR_FILE, _TAR_FOLDER = (b"0", b"\0", b"7", b"S"), b"5"


def max_data_bytes():
    """Return the limit of the size of one data set by URL, in bytes.

    Raises
    ------
    UsageError
        ``STEMSTACK_MAX_DATA_GB`` is not a positive number.
    """
    text = os.environ.get(MAX_DATA_VARIABLE, str(MAX_DATA_GB))
    try:
        n_bytes = float(text) * 1e9
    except ValueError:
        n_bytes = 0
    if not n_bytes > 0:
        raise UsageError(f"{MAX_DATA_VARIABLE} must be a positive number of GB. Got {text!r}")
    return n_bytes


def check_total(url, n_bytes, n_files):
    """Raise a DataError if a data set is larger than the limit, or has too many files."""
    limit = max_data_bytes()
    if n_bytes > limit:
        raise DataError(
            f"{url}: is larger than {limit / 1e9:g} GB ({n_bytes / 1e9:.1f} GB so far); raise the "
            "limit with --max-data-gb if you trust its author"
        )
    if n_files > _MAX_FILES:
        raise DataError(f"{url}: has more than {_MAX_FILES:,} files; give a folder of it")


def check_space(url, folder, n_bytes):
    """Raise a DataError if the disk of a folder has less space than is needed."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if n_bytes > free:
        raise DataError(
            f"{url}: needs {n_bytes / 1e9:.1f} GB, but {existing} has {free / 1e9:.1f} GB of free "
            "space; choose another folder with --cache"
        )


def check_ratio(url, n_bytes, n_compressed):
    """Raise a DataError if files are far smaller in an archive than audio can be."""
    if n_bytes > _RATIO_FROM and n_bytes > _MAX_RATIO * n_compressed:
        raise DataError(
            f"{url}: {n_compressed / 1e6:.1f} MB of it unpack to {n_bytes / 1e9:.1f} GB or more, "
            "which is not audio; unpack it by hand if you trust its author"
        )


def check_entries(url, fs, files):
    """Check the files of an archive or folder that are to be fetched.

    Parameters
    ----------
    url : str
    fs : fsspec.AbstractFileSystem
    files : dict of str to RemoteFile
        By name within the folder.

    Raises
    ------
    DataError
        A file is a link or a device, a name occurs twice or falls together with another one where
        letter case or Unicode forms do not count, or an archive is a decompression bomb.
    """
    infos = {name: file.info for name, file in files.items()}
    check_total(url, sum(info.get("size") or 0 for info in infos.values()), len(infos))
    for name, info in infos.items():
        kind = _special_kind(fs, info)
        if kind:
            raise DataError(
                f"{url}: {name} is {kind}; expected files and folders only: pack the archive again "
                "with the files themselves"
            )
    _check_distinct(url, infos)
    if hasattr(fs, "zip"):
        _check_zip(url, fs, infos.values())


def _special_kind(fs, info):
    if hasattr(fs, "zip"):
        # The upper half of the attributes is the mode of POSIX; other systems leave it 0.
        mode = (info.get("external_attr") or 0) >> 16
        return None if stat.S_IFMT(mode) in _ZIP_KINDS else "a link or a device"
    if hasattr(fs, "tar"):
        is_file = fs.kinds[info["name"]] in _TAR_FILE
        return None if is_file else "a link or a device"
    return None


_ZIP_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)


def _check_distinct(url, names):
    found = {}
    for name in names:
        key = unicodedata.normalize("NFC", name).casefold()
        if key in found:
            raise DataError(
                f"{url}: the names {found[key]!r} and {name!r} are the same file where letter case "
                "or Unicode forms do not count; rename one"
            )
        found[key] = name


def _check_zip(url, fs, infos):
    (name, count), *_ = Counter(fs.zip.namelist()).most_common(1)
    if count > 1:
        raise DataError(f"{url}: holds {name} more than once; pack it again")
    infos = list(infos)
    sizes = [sum(info[key] for info in infos) for key in ("size", "compress_size")]
    check_ratio(url, *sizes)


def open_tar(url):
    """Open a ``tar://`` URL; members are counted while the index is read.

    Parameters
    ----------
    url : str
        A chain such as ``tar://folder::https://host/data.tar.gz``.

    Returns
    -------
    fs : fsspec.AbstractFileSystem
    path : str

    Raises
    ------
    DataError
        The archive is too large, a decompression bomb, or holds a name twice.
    """
    fsspec = import_optional("fsspec", "scale")
    from fsspec.implementations.tar import TarFileSystem

    class LimitedTar(TarFileSystem):
        def _index(self):
            n_bytes, self.kinds = 0, {}
            for member in self.tar:
                name = re.sub("/+", "/", member.name.rstrip("/"))
                n_bytes += member.size
                check_total(url, n_bytes, len(self.kinds))
                check_ratio(url, member.offset_data, raw.tell())
                if name in self.kinds and member.type != _TAR_FOLDER:
                    raise DataError(f"{url}: holds {name} more than once; pack it again")
                self.kinds[name] = member.type
            super()._index()

    inner, _, outer = url.partition("::")
    raw = fsspec.open(outer, **web_options(outer)).open()
    return LimitedTar(raw), inner.partition("://")[2]


def web_options(url):
    """Return keyword arguments for fsspec: by protocol of a chained URL, how http is spoken."""
    chain = {link.partition("://")[0] for link in url.split("::")}
    return {name: {"get_client": make_client} for name in ("http", "https") if name in chain}


async def make_client(**options):
    """Make an aiohttp session that follows no redirect to another kind of place.

    Returns
    -------
    aiohttp.ClientSession
        Redirects from https to http, to other protocols and from public to private addresses raise
        a DataError, and so does a page of more than 50 MB. There is no limit of the time for a
        whole file, as long as data arrive.
    """
    import aiohttp

    class LimitedResponse(aiohttp.ClientResponse):
        async def read(self):
            """Read a page whole, up to a limit; files are read in blocks, by ``content``."""
            if self._body is None:
                page = await self.content.read(1)
                while block := await self.content.read(1 << 16):
                    page += block
                    if len(page) > _MAX_PAGE:
                        self.close()
                        raise DataError(f"{self.url}: the page is larger than 50 MB")
                self._body = page
            return self._body

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_check_redirect)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=120)
    return aiohttp.ClientSession(
        **{"timeout": timeout, **options},
        trace_configs=[trace],
        response_class=LimitedResponse,
    )


async def _check_redirect(session, context, params):
    source = str(params.url)
    target = urljoin(source, params.response.headers.get("Location", ""))
    old, new = urlsplit(source), urlsplit(target)
    if new.scheme not in ("http", "https") or (old.scheme, new.scheme) == ("https", "http"):
        raise DataError(
            f"{source}: redirects to {target}; only https and, from http, http are followed"
        )
    if old.hostname != new.hostname and _is_private(new.hostname) and not _is_private(old.hostname):
        raise DataError(
            f"{source}: redirects to the private address {target}; give that URL itself if it is "
            "intended"
        )


def _is_private(host):
    """Return whether any address of a host is not on the public internet."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return any(not ipaddress.ip_address(one.partition("%")[0]).is_global for one in found)


def counting_callback(url, n_bytes):
    """Make an fsspec callback that stops a transfer of more bytes than the limit.

    Parameters
    ----------
    url : str
    n_bytes : int
        Size of what has been fetched already.
    """
    from fsspec.callbacks import Callback

    class ByteCounter(Callback):
        received = n_bytes

        def branched(self, *names, **options):
            return self

        def relative_update(self, inc=1):
            # Counts files as well, one each.
            self.received += inc
            check_total(url, self.received, 0)

    return ByteCounter()
