"""Mashups: training clips sampled from stems. Settings are sampled to recipes, which are rendered.

Conventions: audio is mono float32 in [-1, 1] at 22,050 Hz by default. A *source store* is a dict of
path to :class:`AudioSource`, the converted file.
"""

from .pool import Pool, sample_recipes
from .recipe_io import read_jams, read_recipes, write_jams, write_recipes
from .recipes import Effect, NoisePart, Recipe, StemPart, song_recipes
from .rendering.mashup import Mashup, load_mashups, write_mashups
from .settings import Settings
from .sources import AudioSource, build_source_store

__all__ = [
    "AudioSource",
    "Effect",
    "Mashup",
    "NoisePart",
    "Pool",
    "Recipe",
    "Settings",
    "StemPart",
    "build_source_store",
    "load_mashups",
    "read_jams",
    "read_recipes",
    "sample_recipes",
    "song_recipes",
    "write_jams",
    "write_mashups",
    "write_recipes",
]
