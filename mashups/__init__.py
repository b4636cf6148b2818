"""Mashups: training clips sampled from stems. Settings are sampled to recipes, which are rendered.

Conventions: audio is mono float32 in [-1, 1] at 22,050 Hz by default. A *source store* is a dict of
path to :class:`AudioSource`, the converted file. Public names are imported when they are first
used, so that worker processes, which only render, do not import pandas.
"""

from ..utils.lazy_import import lazy_exports

_EXPORTS = {
    "AudioSource": ".sources",
    "Effect": ".recipes",
    "Mashup": ".rendering.mashup",
    "NoisePart": ".recipes",
    "Pool": ".pool",
    "Recipe": ".recipes",
    "Settings": ".settings",
    "StemPart": ".recipes",
    "build_source_store": ".sources",
    "load_mashups": ".rendering.mashup",
    "read_jams": ".recipe_io",
    "read_recipes": ".recipe_io",
    "sample_recipes": ".pool",
    "song_recipes": ".recipes",
    "write_jams": ".recipe_io",
    "write_mashups": ".rendering.mashup",
    "write_recipes": ".recipe_io",
}
__all__ = [*_EXPORTS]
__getattr__, __dir__ = lazy_exports(__name__, _EXPORTS)
