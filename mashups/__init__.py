"""What training data is: settings -> recipes -> waveforms."""

from .jams import read_jams, write_jams
from .pool import Pool, load_pool, sample_recipes
from .recipe_io import read_recipes, write_recipes
from .recipes import NoisePart, Recipe, StemPart, recipe_from_dict, song_recipes
from .rendering.mashup import Mashup, load_mashups, write_mashups
from .settings import Settings
from .sources import AudioSource, build_source_store, list_unconverted

__all__ = [
    "AudioSource",
    "Mashup",
    "NoisePart",
    "Pool",
    "Recipe",
    "Settings",
    "StemPart",
    "build_source_store",
    "list_unconverted",
    "load_mashups",
    "load_pool",
    "read_jams",
    "read_recipes",
    "recipe_from_dict",
    "sample_recipes",
    "song_recipes",
    "write_jams",
    "write_mashups",
    "write_recipes",
]
