"""Fixtures for sources, recipes and pools."""

from helpers.mashups import make_recipe, make_source, noise, small_settings, songs, source_store  # noqa: F401
