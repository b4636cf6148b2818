"""Streams of audio that libsndfile decodes, read to their true end.

Conventions: a stream has ``samplerate`` (in Hz), ``channels``, ``blocks(start, size)`` and
``describe_damage(n_frames)``. Blocks have shape (n_frames, n_channels) and are int16 for 16-bit
files, otherwise float32; ``size`` counts samples over all channels. A source is a callable that
returns a new decoder.
"""

import io
import mmap
import os
import re
from functools import partial

import soundfile

from ..exceptions import AudioError
from .headers import find_sound, missing_bytes
from .mpeg import list_segments

# Frames of the blocks that are read up to the first one that cannot be decoded.
_SMALL_BLOCK = 256
# libsndfile's number of frames of a stream of unknown length, and FLAC's largest one.
_UNKNOWN_FRAMES = (2**63 - 1, 2**36 - 1)
# In bytes: libFLAC reads less than that ahead of the frame that it decodes.
_FLAC_BUFFER = 1 << 14
_FLAC_START = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
_OGG_HEADER = 27
_OGG_FIRST_PAGE = 2
# Zeros after MPEG audio, in bytes and times its length: more than any bit rate can underestimate.
_MPEG_PADDING = (1 << 17, 64)


class Decoder(soundfile.SoundFile):
    """SoundFile that reads on from where it is.

    soundfile seeks after each read of a file that it may seek in, which fails at the end of damaged
    files and in GSM, and is not exact in MP3.

    Parameters
    ----------
    file : int or binary file
    max_frames : int, optional
        Length by the content, where libsndfile's may be too large.
    """

    def __init__(self, file, max_frames=None):
        super().__init__(file, closefd=False)
        self.length = min(self.frames, max_frames or self.frames)

    def seekable(self):
        """Return False."""
        return False


def open_decoder(file):
    """Return a decoder of an open binary file, from its beginning."""
    file.seek(0)
    # A descriptor is read without Python, and its position shows how much was read.
    by_descriptor = os.name == "posix" and isinstance(file, io.FileIO)
    return Decoder(file.fileno() if by_descriptor else file)


class SoundFileStream:
    """Audio decoded by libsndfile from one or several joined streams.

    Parameters
    ----------
    path : Path
    file : binary file
    decoder : Decoder
        Of the file, at its beginning; closed with the stream.
    """

    # Whether a seek is exact; otherwise audio is decoded from its beginning.
    _seeks = True

    def __init__(self, path, file, decoder):
        self._path, self._file = path, file
        self.samplerate, self.channels = decoder.samplerate, decoder.channels
        # In frames, by the header; the content may be longer or shorter.
        self.length = None if decoder.length in _UNKNOWN_FRAMES else decoder.length
        self._n_declared, self._is_damaged = 0, False
        # Opening costs as much as decoding a second, so the first source is this decoder.
        self._opened, self._unused = decoder, [decoder]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._opened.close()

    def blocks(self, start, size):
        """Yield the samples from frame ``start`` on in blocks of at most ``size`` samples."""
        for number, source in enumerate(self._sources()):
            seeks = self._seeks and number == 0
            decoder, n_before = _open_near(source, start) if seeks else (source(), 0)
            start -= n_before
            with decoder:
                self._check_format(decoder)
                for block in self._read(decoder, source, n_before, size):
                    skip = min(start, len(block))
                    start -= skip
                    if len(block) > skip:
                        yield block[skip:]

    def describe_damage(self, n_frames):
        """Return how much less was read than is declared, such as ``"9 bytes missing"``, or None.

        Parameters
        ----------
        n_frames : int
            The number of frames read, from the start of the file to its end.
        """
        n_bytes = missing_bytes(self._file)
        if n_bytes:
            return f"{n_bytes} bytes missing"
        if 0 < self._n_declared <= n_frames:
            return None
        # Files of chunks declare bytes; the frames of some codecs in them are estimates.
        if self._n_declared and find_sound(self._file)[0] is None:
            return f"{self._n_declared - n_frames} of {self._n_declared} frames missing"
        return "everything after a decoding error missing" if self._is_damaged else None

    def _sources(self):
        yield self._open

    def _open(self):
        return self._unused.pop() if self._unused else open_decoder(self._file)

    def _check_format(self, decoder):
        first, other = (self.samplerate, self.channels), (decoder.samplerate, decoder.channels)
        if first != other:
            raise AudioError(
                self._path,
                f"joins streams of {first[0]} Hz, {first[1]} channels and {other[0]} Hz, "
                f"{other[1]} channels; convert all to one format before joining them",
            )

    def _read(self, decoder, source, n_before, size):
        """Yield blocks up to the declared length, the end, or the first decoding error."""
        dtype = "int16" if decoder.subtype == "PCM_16" else "float32"
        self._n_declared += 0 if decoder.length in _UNKNOWN_FRAMES else decoder.length
        n_read, size = n_before, max(1, size // decoder.channels)
        while n_read < decoder.length:
            n_frames = min(size, decoder.length - n_read)
            try:
                block = decoder.read(n_frames, dtype=dtype, always_2d=True)
            except soundfile.LibsndfileError:
                self._is_damaged = True
                yield from _read_until_error(source, n_read, dtype)
                return
            n_read += len(block)
            if len(block):
                yield block
            if len(block) < n_frames:
                return


class FlacStream(SoundFileStream):
    """FLAC, read beyond the number of samples in its header, and with the streams that follow."""

    def _sources(self):
        yield from super()._sources()
        # Reached when the first source has been read.
        size = os.fstat(self._file.fileno()).st_size
        if self._is_damaged or _FLAC_BUFFER < size == self._file.tell():
            return
        self._file.seek(0)
        yield from _list_flac_rest(self._file.read(), self._n_declared)


class OggStream(SoundFileStream):
    """OGG of one or several links; libsndfile reads only the first link of a file."""

    def __init__(self, path, file, decoder):
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            self._starts, self._stop = _list_links(data)
            self._n_missing = max(0, self._stop - len(data))
        self._seeks = len(self._starts) < 2
        super().__init__(path, file, decoder)

    def describe_damage(self, n_frames):
        """Return how much is missing, such as ``"9 bytes missing"``, or None."""
        if self._n_missing:
            return f"{self._n_missing} bytes or more missing"
        return super().describe_damage(n_frames)

    def _sources(self):
        if len(self._starts) < 2:
            yield from super()._sources()
            return
        for start, stop in zip(self._starts, [*self._starts[1:], self._stop], strict=True):
            yield partial(_open_slice, self._file, start, stop)


class MpegStream(SoundFileStream):
    """MPEG audio of one or several joined streams, as long as its frames are."""

    _seeks = False

    def __init__(self, path, file, decoder):
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            self._segments = list_segments(data)
        if any(segment.n_frames == 0 for segment in self._segments):
            raise AudioError(path, "has no whole frame of audio; copy or download it again")
        super().__init__(path, file, decoder)

    def describe_damage(self, n_frames):
        """Return how much is missing, such as ``"9 bytes missing"``, or None."""
        n_bytes = missing_bytes(self._file)
        if n_bytes:
            return f"{n_bytes} bytes missing"
        frame = self._segments[-1].format.n_samples if self._segments else 0
        n_absent = sum(segment.n_absent for segment in self._segments) * frame
        # Decoders may drop the first frame, which can refer to one before it.
        n_absent = n_absent or max(0, self._n_declared - n_frames - 2 * frame)
        if n_absent:
            return f"{n_absent} of {n_frames + n_absent} frames missing"
        n_bytes = max((segment.n_missing for segment in self._segments), default=0)
        return f"{n_bytes} bytes or more missing" if n_bytes else None

    def _sources(self):
        segments = self._segments
        # libsndfile knows the length of a segment only by its tag, and reads a single one.
        if not segments or (len(segments) == 1 and segments[0].is_tagged_right):
            yield from super()._sources()
            return
        for segment in segments:
            yield partial(_open_segment, self._file, segment)


def _open_near(source, start):
    """Return a decoder at a frame, or at its beginning or end, and where it is."""
    decoder = source()
    if start >= decoder.length:
        return decoder, decoder.length
    try:
        return decoder, decoder.seek(start) if start else 0
    except soundfile.LibsndfileError:
        # GSM cannot be sought in, and a failed seek leaves other decoders anywhere.
        decoder.close()
        return source(), 0


def _read_until_error(source, n_before, dtype):
    """Read again in small blocks, and yield those between a frame and the first error."""
    with source() as decoder:
        while True:
            try:
                block = decoder.read(_SMALL_BLOCK, dtype=dtype, always_2d=True)
            except soundfile.LibsndfileError:
                return
            if not len(block):
                return
            skip = min(n_before, len(block))
            n_before -= skip
            if len(block) > skip:
                yield block[skip:]


def _list_flac_rest(data, n_frames):
    """Return sources of the sound after the first frames, and of the streams that follow."""
    begins = [match.start() for match in _FLAC_START.finditer(data)]
    streams = [
        _clear_total(data[begin:end])
        for begin, end in zip(begins, [*begins[1:], len(data)], strict=True)
    ]
    sources = [partial(_open_flac, stream, 0) for stream in streams[1:]]
    if streams and n_frames and _has_more(streams[0], n_frames):
        sources.insert(0, partial(_open_flac, streams[0], n_frames))
    return sources


def _clear_total(stream):
    """Set the total number of samples, the last 36 bits of 8 bytes in STREAMINFO, to unknown."""
    fields = int.from_bytes(stream[18:26], "big") >> 36 << 36
    return stream[:18] + fields.to_bytes(8, "big") + stream[26:]


def _has_more(stream, n_frames):
    try:
        with _open_flac(stream, n_frames) as decoder:
            return len(decoder.read(1)) > 0
    except soundfile.LibsndfileError:
        # What follows the last frame is a tag.
        return False


def _open_flac(stream, n_frames):
    decoder = Decoder(io.BytesIO(stream))
    if n_frames:
        decoder.seek(n_frames)
    return decoder


def _list_links(data):
    """Return the offsets of the links of an OGG file, and the end of its last page."""
    starts, in_headers, end = [], False, len(data)
    position = data.find(b"OggS")
    while position >= 0 and position + _OGG_HEADER <= len(data):
        first_length = position + _OGG_HEADER
        lengths = data[first_length : first_length + data[first_length - 1]]
        is_first = bool(data[position + 5] & _OGG_FIRST_PAGE)
        # Headers of streams side by side, such as a video's, are in pages next to each other.
        if is_first and not in_headers:
            starts.append(position)
        in_headers = is_first
        end = first_length + len(lengths) + sum(lengths)
        position = data.find(b"OggS", end)
    return starts, end


def _open_slice(file, start, stop):
    file.seek(start)
    return Decoder(io.BytesIO(file.read(stop - start)))


def _open_segment(file, segment):
    """Open MPEG audio with zeros after it, so that no estimate of its length is too short."""
    start = segment.sound_start if segment.is_tagged_short else segment.start
    file.seek(start)
    data = _Padded(file.read(segment.stop - start))
    return Decoder(data, max_frames=segment.n_frames * segment.format.n_samples)


class _Padded(io.RawIOBase):
    """Bytes followed by zeros, which take no memory."""

    def __init__(self, data):
        minimum, times = _MPEG_PADDING
        self._data, self._length = memoryview(data), len(data) * (1 + times) + minimum
        self._position = 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, origin=os.SEEK_SET):
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[origin]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer):
        length = max(0, min(len(buffer), self._length - self._position))
        found = self._data[self._position : self._position + length]
        buffer[: len(found)] = found
        buffer[len(found) : length] = bytes(length - len(found))
        self._position += length
        return length
