"""Fixtures for sources, recipes and pools."""

from helpers.mashups import bank, make_recipe, make_source, noise, small_settings, songs  # noqa: F401
