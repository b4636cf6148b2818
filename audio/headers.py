"""Container headers: how many bytes of sound a file declares and holds, and what it is by content.

Decoders clip a declared size to the file's and hide the difference, so the sizes are read here.
"""

import os
import struct

# Writers miscount by a few bytes; a transfer that stops loses more.
_SLACK = 16
# Values near these limits are the placeholders of writers that could not seek back.
_PLACEHOLDER_MARGIN = 1 << 16

# First bytes, bytes 8 to 12 if they matter, and what follows: format of the sizes, where chunks
# start, length of an id, what a size counts besides the content, alignment, and id of the sound.
_CHUNKED = (
    (b"RIFF", b"WAVE", ("<I", 12, 4, 0, 2, b"data")),
    (b"RF64", b"WAVE", ("<I", 12, 4, 0, 2, b"data")),
    (b"RIFX", b"WAVE", (">I", 12, 4, 0, 2, b"data")),
    (b"FORM", b"AIF", (">I", 12, 4, 0, 2, b"SSND")),
    (b"riff", b"", ("<q", 40, 16, 24, 8, b"data")),
    (b"caff", b"", (">q", 8, 4, 0, 1, b"data")),
)

# Content of formats that libsndfile does not read, or reads only in part, and ffmpeg's demuxer.
# The demuxer is never left to ffmpeg, which would open the files that a playlist names.
_DEMUXERS = (
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "asf"),
    (0, b"wvpk", "wv"),
    (0, b"MAC ", "ape"),
    (0, b"MP+", "mpc"),
    (0, b"MPCK", "mpc8"),
    (0, b"TTA1", "tta"),
    (0, b"tBaK", "tak"),
    (0, b"DSD ", "dsf"),
    (0, b"FRM8", "iff"),
    (0, b"#!AMR", "amr"),
    (0, b"RIFF", "wav"),
    (0, b"RF64", "wav"),
    (0, b"riff", "w64"),
    (0, b"FORM", "aiff"),
    (0, b"caff", "caf"),
    (0, b".snd", "au"),
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (4, b"free", "mov"),
)


def find_sound(file):
    """Find the sound in a file of chunks (WAV, RF64, AIFF, W64, CAF) or an AU file.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    start : int or None
        Offset of the sound in bytes; None in other files, and where there is no sound.
    declared : int or None
        Its size in bytes by the header; None for a placeholder, 0 included, if sound follows.
    """
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    head = file.read(16)
    if head[:4] == b".snd" and len(head) == 16:
        start, declared = struct.unpack(">2I", head[4:12])
        return start, None if _is_placeholder(declared, ">I") else declared
    for magic, form, layout in _CHUNKED:
        if head.startswith(magic) and head[8:].startswith(form):
            return _walk_chunks(file, size, *layout)
    return None, None


def missing_bytes(file):
    """Return how many bytes of sound a file lacks of those that its header declares.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    int
        0 for formats that declare no size, and for sizes that are off by a few bytes.
    """
    start, declared = find_sound(file)
    if start is None or declared is None:
        return 0
    missing = start + declared - os.fstat(file.fileno()).st_size
    return missing if missing > _SLACK else 0


def undeclared_bytes(file):
    """Return how many bytes follow a header that declares none, and are no other chunks.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    int
    """
    start, declared = find_sound(file)
    n_bytes = 0 if start is None else os.fstat(file.fileno()).st_size - start
    return n_bytes if declared is None and n_bytes > _SLACK else 0


def find_demuxer(file):
    """Return ffmpeg's name of a file's format, by its content.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    str or None
        None for formats that libsndfile reads whole or not at all, and for unknown content.
    """
    file.seek(0)
    start = skip_id3(file.read(10))
    file.seek(start)
    head = file.read(64)
    for offset, magic, demuxer in _DEMUXERS:
        if head[offset:].startswith(magic):
            return demuxer
    if head.startswith(b"OggS") and b"Speex   " in head:
        return "ogg"
    if head.startswith(b"\x0b\x77") and len(head) > 5:
        return "eac3" if head[5] >> 3 > 10 else "ac3"
    is_adts = len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0
    return "aac" if is_adts else None


def skip_id3(data, position=0):
    r"""Return the position after an ID3v2 tag, or ``position`` where there is none.

    Parameters
    ----------
    data : bytes-like
    position : int, default=0

    Returns
    -------
    int

    Examples
    --------
    >>> skip_id3(b"ID3\x04\x00\x00\x00\x00\x01\x00"), skip_id3(b"RIFF")
    (138, 0)
    """
    head = data[position : position + 10]
    if len(head) < 10 or head[:3] != b"ID3":
        return position
    # Seven bits of each byte count.
    return position + 10 + sum((byte & 0x7F) << 7 * k for k, byte in enumerate(head[:5:-1]))


def _walk_chunks(file, size, format, position, id_length, counted, alignment, sound):
    """Return offset and declared size of the sound, as :func:`find_sound`."""
    large = None
    while position + id_length < size:
        file.seek(position)
        head = file.read(id_length + struct.calcsize(format))
        if len(head) < id_length + struct.calcsize(format):
            break
        length = struct.unpack(format, head[id_length:])[0] - counted
        start = position + len(head)
        if head.startswith(b"ds64"):
            large = struct.unpack("<8xQ", file.read(16).ljust(16, b"\0"))[0]
        if head.startswith(sound):
            if large is not None and _is_placeholder(length, format):
                length = large
            if length == 0 and not _has_sound(file, size, start, id_length, format):
                return start, 0
            return start, None if _is_placeholder(length, format) else length
        if length < 0:
            break
        position = start + -(-length // alignment) * alignment
    return None, None


def _has_sound(file, size, start, id_length, format):
    """Return whether what follows an empty chunk is not the next chunk."""
    file.seek(start)
    head = file.read(id_length + struct.calcsize(format))
    if len(head) < id_length + struct.calcsize(format):
        return size > start
    length = struct.unpack(format, head[id_length:])[0]
    return not (head[:4].isascii() and head[:4].decode().isprintable() and start + length <= size)


def _is_placeholder(length, format):
    """Return whether a size stands for an unknown one."""
    if length <= 0:
        return True
    bits = 8 * struct.calcsize(format)
    limits = (2 ** (bits - 1), 2**bits)
    return any(limit - _PLACEHOLDER_MARGIN <= length <= limit for limit in limits)
