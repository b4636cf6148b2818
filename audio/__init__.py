"""What a clip is: reading, resampling, data-set layouts."""

from .batch import check_clips
from .clips import clip_key, hash_bytes, load_clip, validate_clips
from .dataset import DataSet, is_data_set, read_data
from .manifest import read_csv_text
from .reading import DEFAULT_SR, read_clip, resample
from .remote import is_url, local_data, url_within
from .stem_songs import DEFAULT_STEMS, NOISE_FOLDER, SONGS_FOLDER
from .walking import find_audio

__all__ = [
    "DEFAULT_SR",
    "DEFAULT_STEMS",
    "NOISE_FOLDER",
    "SONGS_FOLDER",
    "DataSet",
    "check_clips",
    "clip_key",
    "find_audio",
    "hash_bytes",
    "is_data_set",
    "is_url",
    "load_clip",
    "local_data",
    "read_clip",
    "read_csv_text",
    "read_data",
    "resample",
    "url_within",
    "validate_clips",
]
