"""Content hashes: stable names of data, independent of process and machine."""

import hashlib
import json
import os


def hash_bytes(data):
    """Return the BLAKE2b hash of bytes.

    Parameters
    ----------
    data : bytes-like
        Bytes, or anything with a contiguous buffer, such as an array.

    Returns
    -------
    str
        32 hexadecimal digits.

    Examples
    --------
    >>> hash_bytes(b"abc")
    'cf4ab791c62b8d2b2109c90275287816'
    """
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def hash_file(path):
    """Return the BLAKE2b hash of a file's content, read block by block.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    str
        32 hexadecimal digits: the same as :func:`hash_bytes` of the content.
    """
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def content_key(**inputs):
    """Return a key of the inputs that a result was computed from.

    Parameters
    ----------
    **inputs
        Plain data: numbers, strings, lists and mappings of them. Their order does not matter.

    Returns
    -------
    str
        16 hexadecimal digits.

    Examples
    --------
    >>> content_key(a=1, b=[2]) == content_key(b=[2], a=1)
    True
    """
    text = json.dumps(inputs, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def file_version(path):
    """Return what changes with a file's content, without reading it.

    Parameters
    ----------
    path : str or os.PathLike

    Returns
    -------
    str
        Its size, and the times when content and name last changed: of files from an archive, whose
        content has the same time, one may take the name of another.

    Raises
    ------
    OSError
        The file is not there.
    """
    stat = os.stat(path)
    return f"{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ctime_ns}"
