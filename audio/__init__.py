"""Read audio files and validate clips.

A clip is a path, a 1-D float array, or an object that renders one; see :func:`load_clip`. Audio is
mono float32 in [-1, 1].
"""

from .clip_inputs import validate_clips
from .clips import check_clips, clip_key, load_clip
from .reading import DEFAULT_SR, read_clip, resample
from .windows import Window

__all__ = [
    "DEFAULT_SR",
    "Window",
    "check_clips",
    "clip_key",
    "load_clip",
    "read_clip",
    "resample",
    "validate_clips",
]
