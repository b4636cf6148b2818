"""What a clip is: reading, resampling, data-set layouts."""

from .clips import clip_key, hash_bytes, load_clip, validate_clips
from .dataset import DataSet, read_data
from .manifest import read_csv_text
from .reading import DEFAULT_SR, read_clip, resample
from .stem_songs import DEFAULT_STEMS
from .walking import find_audio

__all__ = [
    "DEFAULT_SR",
    "DEFAULT_STEMS",
    "DataSet",
    "clip_key",
    "find_audio",
    "hash_bytes",
    "load_clip",
    "read_clip",
    "read_csv_text",
    "read_data",
    "resample",
    "validate_clips",
]
