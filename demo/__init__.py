"""The demo data: songs composed by rules, and noise made by procedures."""

from .genres import GENRES
from .songs import write_songs

__all__ = ["GENRES", "write_songs"]
