"""Demo data: songs composed by rules, and procedurally generated noise."""

from .music import GENRES
from .noise_folder import TARGETS, write_noise
from .songs import write_songs

__all__ = ["GENRES", "TARGETS", "write_noise", "write_songs"]
