"""Recipes from files: values of which no mashup can be rendered are refused by name."""

from dataclasses import replace

import pytest

from stemstack.exceptions import DataError
from stemstack.mashups import Effect, NoisePart, Recipe, StemPart
from stemstack.mashups.recipes import recipe_from_dict, recipe_to_dict

STEM = StemPart("drums", "s", "s/drums.wav", rate=1.0, gain=0.5)
NOISE = NoisePart("n.wav", start=0, gain=0.5)
RECIPE = Recipe("r", "a", 0, 22050, 0, 1000, (STEM,), (NOISE,), effects=(Effect("tilt", (1.0,)),))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        # libsndfile ends the process.
        ({"codec": "ogg", "codec_quality": 0.5, "sr": 384_000}, "sr must be at most 192000"),
        ({"codec": "mp3", "codec_quality": 0.5, "sr": 384_000}, "sr must be a rate that mp3 has"),
        ({"codec": "ogg"}, "codec_quality must be a number from 0 to 1. Got None"),
        ({"codec": "ogg", "codec_quality": float("nan")}, "codec_quality must be"),
        ({"codec": "flac"}, "codec must be one of"),
        # soxr computes without end.
        ({"lowpass": 1e-9}, "lowpass must be a number from 1 to"),
        ({"length": 0}, "length must be a whole number from 1"),
        ({"length": 2**40}, "length must be"),
        ({"length": 10.5}, "length must be"),
        ({"start": -1}, "start must be"),
        ({"sr": 0}, "sr must be a rate in Hz"),
        ({"fold": "0"}, "fold must be"),
        ({"id": "\ud800"}, "id must be text"),
        ({"label": None}, "label must be text"),
        ({"overdrive": 1e6}, "overdrive must be a number from 0 to 120"),
        ({"level": float("inf")}, "level must be"),
        ({"tempo": "fast"}, "tempo must be one of"),
        ({"normalize": None}, "normalize must be one of"),
        ({"stems": ()}, "stems must be at least one stem"),
        ({"stems": (replace(STEM, rate=0.0),)}, r"stems\[0\].rate must be"),
        # There is no method to change the tempo by.
        (
            {"tempo": "none", "stems": (STEM, replace(STEM, rate=1.2))},
            r"stems\[1\].rate must be 1, because tempo is 'none'",
        ),
        ({"stems": (replace(STEM, gain=None),)}, r"stems\[0\].gain must be"),
        ({"stems": (STEM, replace(STEM, path=3))}, r"stems\[1\].path must be text"),
        ({"noises": (replace(NOISE, gain=None),)}, r"noises\[0\].gain or snr must be"),
        ({"noises": (replace(NOISE, band=(9.0, 5.0)),)}, r"noises\[0\].band must be"),
        ({"noises": (replace(NOISE, tile=None),)}, r"noises\[0\].tile must be true or false"),
        ({"noises": (replace(NOISE, active="yes"),)}, r"noises\[0\].active must be true or false"),
        ({"effects": (Effect("tilt", (1.0,), 3),)}, r"effects\[0\].path must be text"),
        ({"effects": (Effect("tilt", ("x",)),)}, r"effects\[0\].values must be numbers"),
    ],
)
def test_value_that_cannot_be_rendered_is_named(changes, problem):
    row = recipe_to_dict(replace(RECIPE, **changes))
    with pytest.raises(DataError, match=f"^In the recipe .*, {problem}"):
        recipe_from_dict(row)


def test_row_of_another_type_is_no_recipe():
    for row in ({}, recipe_to_dict(RECIPE) | {"stems": [3]}, [], None, 3):
        with pytest.raises(DataError, match="not a recipe of this version"):
            recipe_from_dict(row)
