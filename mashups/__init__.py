"""What training data is: settings -> recipes -> waveforms."""

from .bank import Source, build_bank
from .recipes import (
    Recipe,
    draw_recipes,
    read_recipes,
    recipe_from_dict,
    whole_songs,
    write_recipes,
)
from .rendering import Mashup, write_mashups
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
    "whole_songs",
    "write_mashups",
    "write_recipes",
]
