"""MPEG audio (MP1, MP2, MP3): walk the frames, to know the true length and where streams join.

The only lengths that such a file declares are those of an optional first frame, the Xing or Info
tag; without one, decoders estimate the length by the bit rate of the first frame.
"""

from dataclasses import dataclass
from typing import NamedTuple

from .headers import skip_id3

# Bit rates in kbit/s by MPEG version (1, or 2 and 2.5) and layer.
_MPEG2_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_BIT_RATES = {
    (1, 1): tuple(range(0, 480, 32)),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): _MPEG2_RATES,
    (2, 3): _MPEG2_RATES,
}
# Largest amount of bytes between two frames that decoders skip.
_MAX_GAP = 512


class FrameFormat(NamedTuple):
    """What all frames of one stream share."""

    version: int
    layer: int
    sr: int
    is_mono: bool

    @property
    def n_samples(self):
        """Samples of a frame per channel."""
        if self.layer == 1:
            return 384
        return 576 if self.layer == 3 and self.version == 2 else 1152

    @property
    def tag_offset(self):
        """Offset of a Xing or Info tag in the first frame."""
        return (
            4 + (17 if self.is_mono else 32) if self.version == 1 else (13 if self.is_mono else 21)
        )


@dataclass
class Segment:
    """One of the streams that a file of MPEG audio is joined from.

    Attributes
    ----------
    start, stop : int
        Offsets in the file, in bytes, of the first frame and of the end of the last whole one.
    format : FrameFormat
    sound_start : int
        Offset of the first frame with sound, which the frame of a tag has not.
    n_frames : int
        Whole frames with sound.
    declared : int or None
        Frames with sound by the Xing or Info tag; None without one.
    n_missing : int
        Bytes that the last frame lacks.
    """

    start: int
    stop: int
    format: FrameFormat
    sound_start: int
    n_frames: int = 0
    declared: int | None = None
    n_missing: int = 0

    @property
    def is_tagged_right(self):
        """Whether the tag declares the number of frames; some writers count its own."""
        return self.declared in (self.n_frames, self.n_frames + 1) and not self.n_missing

    @property
    def is_tagged_short(self):
        """Whether the tag declares fewer frames than there are."""
        return self.declared is not None and self.declared < self.n_frames

    @property
    def n_absent(self):
        """Frames that the tag declares and the segment lacks."""
        return 0 if self.is_tagged_right else max(0, (self.declared or 0) - self.n_frames)


def list_segments(data):
    """List the streams of MPEG audio in a file, in order.

    A stream ends where the format changes, a tag of the next one follows, or too much that is not
    audio.

    Parameters
    ----------
    data : bytes-like

    Returns
    -------
    list of Segment
    """
    segments, segment, position = [], None, _find_frame(data, 0)
    while position is not None:
        frame = _parse_frame(data, position)
        if frame is None:
            position = _find_frame(data, position)
            continue
        format, length = frame
        declared, end = _read_tag(data, position, format), position + length
        joins = segment is not None and (format != segment.format or declared is not None)
        if segment is None or joins or position - segment.stop > _MAX_GAP:
            sound_start = position if declared is None else end
            segment = Segment(position, position, format, sound_start, declared=declared)
            segments.append(segment)
        if end > len(data):
            segment.n_missing = end - len(data)
            break
        segment.stop = end
        segment.n_frames += declared is None
        position = end
    return segments


def _parse_frame(data, position):
    """Return format and length in bytes of the frame at a position, or None."""
    head = data[position : position + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate, sr = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate in (0, 15) or sr == 3:
        return None
    # MPEG 1, 2 and 2.5 are coded as 3, 2 and 0.
    sr = (44100, 48000, 32000)[sr] >> {3: 0, 2: 1, 0: 2}[version]
    format = FrameFormat(1 if version == 3 else 2, layer, sr, head[3] >> 6 == 3)
    bits, padding = 1000 * _BIT_RATES[format.version, layer][rate], head[2] >> 1 & 1
    if layer == 1:
        return format, 4 * (12 * bits // sr + padding)
    return format, format.n_samples // 8 * bits // sr + padding


def _find_frame(data, position):
    """Return the next position with a frame that two more of its format follow, or None.

    At the start of a file, fewer are enough if the file ends with them.
    """
    is_first = position == 0
    position = start = skip_id3(data, position)
    while (found := data.find(b"\xff", position)) >= 0:
        # A tag of a joined file may hold a picture, with bytes that look like frames.
        tag = data.find(b"ID3", position, found)
        if tag >= 0:
            position = max(tag + 1, skip_id3(data, tag))
            continue
        if _is_confirmed(data, found, is_first and found == start):
            return found
        position = found + 1
    return None


def _is_confirmed(data, position, may_end):
    first = _parse_frame(data, position)
    frame = first
    for _ in range(2):
        if frame is None or frame[0] != first[0]:
            return False
        position += frame[1]
        if position >= len(data):
            return may_end
        frame = _parse_frame(data, position)
    return frame is not None and frame[0] == first[0]


def _read_tag(data, position, format):
    """Return the number of frames by a Xing or Info tag, or None without one."""
    tag = position + format.tag_offset
    if data[tag : tag + 4] not in (b"Xing", b"Info"):
        return None
    has_count = data[tag + 7 : tag + 8] and data[tag + 7] & 1
    return int.from_bytes(data[tag + 8 : tag + 12], "big") if has_count else 0
