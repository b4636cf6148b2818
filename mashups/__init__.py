"""What training data is: settings -> recipes -> waveforms."""

from .jams import read_jams, write_jams
from .pool import Pool, draw_recipes, load_pool
from .recipe_io import read_recipes, write_recipes
from .recipes import NoisePart, Recipe, StemPart, recipe_from_dict, whole_songs
from .rendering.mashup import Mashup, write_mashups
from .settings import Settings
from .sources import Source, build_bank, list_unconverted

__all__ = [
    "Mashup",
    "NoisePart",
    "Pool",
    "Recipe",
    "Settings",
    "Source",
    "StemPart",
    "build_bank",
    "draw_recipes",
    "list_unconverted",
    "load_pool",
    "read_jams",
    "read_recipes",
    "recipe_from_dict",
    "whole_songs",
    "write_jams",
    "write_mashups",
    "write_recipes",
]
