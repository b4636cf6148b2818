"""Damaged recipe files: a mashup is rendered from them, or one error names the file."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.fuzzing import fuzz
from helpers.mashups import make_source, noise, small_settings, songs, source_store  # noqa: F401
from helpers.mutations import damaged_bytes, damaged_document

from stemstack.mashups import (
    Mashup,
    Settings,
    read_jams,
    read_recipes,
    sample_recipes,
    write_jams,
    write_recipes,
)
from stemstack.mashups.recipes import recipe_to_dict

TOKENS = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1e400", b"9" * 5000, b"null", b"true", b"[]", b"{}"),
    *(
        b"[" * 2000,
        b'{"a":' * 2000,
        b'"',
        b"\\",
        b",",
        b":",
        b"\n",
        b"\r",
        b"\xff",
        b"\\ud800",
        b"PAR1",
    ),
)


@pytest.fixture
def recipes(songs, noise, source_store, small_settings):  # noqa: F811
    """Recipes with every option in use."""
    durations, used = ((1.0, 0.5, 1.0),), {}
    for name in Settings(mixture="wide").to_dict():
        if name.endswith("_probability") and name != "one_song_probability":
            used[name] = 1.0
    used |= {"noise_count": (1, 2), "gain_law": "uniform", "gain": (0.4, 1.0)}
    # The second has stems as impulse responses.
    options = [
        {"tempo": "interpolate", "normalize": "peak"},
        {"tempo": "resample", "normalize": "rms", "reverb_folder": "s0"},
        {"tempo": "none", "normalize": "lufs", "noise_law": "snr", "noise_snr_level": "active"},
    ]
    rows = []
    for option in options:
        settings = replace(small_settings, durations=durations, **option, **used)
        rows += sample_recipes(songs, noise, source_store, settings, per_class=1, seed=len(rows))
    return rows


@pytest.fixture
def check_recipe(source_store):  # noqa: F811
    """Return a function that renders a recipe."""

    def check(recipe):
        try:
            mashup = Mashup.from_recipe(recipe, source_store)
        except KeyError:
            return  # A file that does not exist; `load_mashups` would convert it first.
        clip = mashup.to_int16()
        assert clip.dtype == np.int16 and clip.shape == (recipe.length,)
        assert len(mashup.key()) > 8

    return check


@pytest.fixture
def check_file(check_recipe, tmp_path):
    """Return a function that reads a file of recipes and renders them."""

    def check(path):
        recipes = read_recipes(path)
        write_recipes(recipes, tmp_path / f"again{path.suffix}")
        assert read_recipes(tmp_path / f"again{path.suffix}") == recipes
        for recipe in recipes[:2]:
            check_recipe(recipe)

    return check


def test_damaged_json_lines(recipes, check_file, tmp_path):
    path = tmp_path / "r.jsonl"
    lines = [json.dumps(recipe_to_dict(recipe)) for recipe in recipes]

    def check(content):
        path.write_bytes(content)
        check_file(path)

    files = [f"{line}\n".encode() for line in lines] + ["\n".join(lines).encode()]
    rows = damaged_document(recipe_to_dict(recipes[0]) | {"tempo": "resample"})
    texts = rows.map(lambda row: json.dumps(_lists(row)).encode())
    fuzz(check, files[0], damaged_bytes(files, TOKENS) | texts, 80)


def test_damaged_parquet(recipes, check_file, tmp_path):
    path = tmp_path / "r.parquet"
    files = []
    for chosen in (recipes[:1], recipes):
        write_recipes(chosen, path)
        files.append(path.read_bytes())

    def check(content):
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            try:
                pq.write_table(pa.Table.from_pylist(content), path)
            except (pa.ArrowException, OverflowError, TypeError, UnicodeEncodeError):
                return  # Not a table.
        check_file(path)

    rows = damaged_document([_lists(recipe_to_dict(recipe)) for recipe in recipes[:2]])
    rows = rows.filter(lambda r: isinstance(r, list) and r and all(isinstance(x, dict) for x in r))
    fuzz(check, files[0], damaged_bytes(files, TOKENS) | rows, 60)


def test_damaged_jams(recipes, source_store, check_recipe, tmp_path):  # noqa: F811
    path = tmp_path / "r.jams"
    write_jams(Mashup.from_recipe(recipes[0], source_store), path)

    def check(content):
        path.write_bytes(content)
        check_recipe(read_jams(path))

    documents = damaged_document(json.loads(path.read_text()))
    texts = documents.map(lambda document: json.dumps(document).encode())
    files = [path.read_bytes()]
    fuzz(check, files[0], damaged_bytes(files, TOKENS) | texts, 50)


def _lists(value):
    """Return plain data with lists in place of tuples."""
    if isinstance(value, dict):
        return {name: _lists(item) for name, item in value.items()}
    return list(map(_lists, value)) if isinstance(value, list | tuple) else value
