"""Data sets on disk or at a URL: layouts, mirrors, checks (doctor) and synthetic demo data."""

from .csv_table import read_csv_text
from .dataset import DataSet, Inventory, Layout
from .files import find_audio
from .layouts import LAYOUTS, is_data_set, read_data
from .layouts.shared import NOISE_FOLDER
from .layouts.stems import DEFAULT_STEMS, SONGS_FOLDER
from .remote import is_url, local_data, url_within

__all__ = [
    "DEFAULT_STEMS",
    "LAYOUTS",
    "NOISE_FOLDER",
    "SONGS_FOLDER",
    "DataSet",
    "Inventory",
    "Layout",
    "find_audio",
    "is_data_set",
    "is_url",
    "local_data",
    "read_csv_text",
    "read_data",
    "url_within",
]
