"""Data sets on disk: layouts, remote mirrors, checks (doctor) and the synthetic demo data."""

from .dataset import DataSet, is_data_set, read_data
from .files import find_audio
from .layouts.manifest import read_csv_text
from .layouts.stems import DEFAULT_STEMS, NOISE_FOLDER, SONGS_FOLDER
from .remote import is_url, local_data, url_within

__all__ = [
    "DEFAULT_STEMS",
    "NOISE_FOLDER",
    "SONGS_FOLDER",
    "DataSet",
    "find_audio",
    "is_data_set",
    "is_url",
    "local_data",
    "read_csv_text",
    "read_data",
    "url_within",
]
