"""What a clip is: reading, resampling, data-set layouts."""

from .clips import check_clips, clip_key, load_clip, validate_clips
from .reading import DEFAULT_SR, read_clip, resample

__all__ = [
    "DEFAULT_SR",
    "check_clips",
    "clip_key",
    "load_clip",
    "read_clip",
    "resample",
    "validate_clips",
]
