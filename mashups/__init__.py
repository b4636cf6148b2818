"""What training data is: settings -> recipes -> waveforms."""

from .bank import Source, build_bank
from .recipes import Recipe, draw_recipes, read_recipes, recipe_from_dict, write_recipes
from .rendering import Mashup
from .settings import Settings

__all__ = [
    "Mashup",
    "Recipe",
    "Settings",
    "Source",
    "build_bank",
    "draw_recipes",
    "read_recipes",
    "recipe_from_dict",
    "write_recipes",
]
