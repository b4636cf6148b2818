"""Files of recipes: round trips through Parquet, JSON Lines and JAMS."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.exceptions import DataError, UsageError
from stemstack.mashups import (
    Effect,
    Mashup,
    NoisePart,
    Recipe,
    StemPart,
    read_jams,
    read_recipes,
    sample_recipes,
    write_jams,
    write_recipes,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
TEXT = TEXT.filter(str.strip)
COUNT = st.integers(0, 2**40)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
TILT = st.none() | st.floats(-24, 24)
STEM = st.builds(
    StemPart,
    stem=TEXT,
    song=TEXT,
    path=TEXT,
    rate=st.floats(0.01, 100),
    gain=st.floats(-1e6, 1e6),
    tilt=TILT,
)
LEVEL = st.fixed_dictionaries({"gain": st.floats(-1e6, 1e6)}) | st.fixed_dictionaries(
    {"gain": st.none(), "snr": st.floats(-120, 120)}
)
NOISE = LEVEL.flatmap(
    lambda level: st.builds(
        NoisePart,
        path=TEXT,
        start=st.integers(-(2**40), 2**40),
        tile=st.booleans(),
        active=st.booleans(),
        band=st.none() | st.tuples(st.floats(1, 100), st.floats(200, 1e6)),
        tilt=TILT,
        **{name: st.just(value) for name, value in ({"gain": None} | level).items()},
    )
)


def unsynced(recipe):
    return replace(recipe, stems=tuple(replace(part, rate=1.0) for part in recipe.stems))


RECIPE = st.builds(
    Recipe,
    id=TEXT,
    label=TEXT,
    fold=COUNT,
    sr=st.sampled_from([8000, 22050, 48000]),
    start=COUNT,
    length=st.integers(1, 2**31 - 1),
    stems=st.lists(STEM, min_size=1, max_size=2).map(tuple),
    noises=st.lists(NOISE, max_size=2).map(tuple),
    tempo=st.sampled_from(["interpolate", "resample", "stretch", "wsola", "none"]),
    normalize=st.sampled_from(["peak", "rms", "lufs", "none"]),
    level=st.floats(-200, 1),
    lowpass=st.none() | st.floats(1, 1e6),
    overdrive=st.floats(0, 120),
    codec=st.sampled_from([None, "mp3", "ogg"]),
    codec_quality=st.floats(0, 1),
    effects=st.lists(
        st.builds(
            Effect,
            name=TEXT,
            values=st.lists(NUMBER, max_size=2).map(tuple),
            path=st.none() | TEXT,
        ),
        max_size=2,
    ).map(tuple),
).map(lambda recipe: unsynced(recipe) if recipe.tempo == "none" else recipe)


@given(recipes=st.lists(RECIPE, max_size=3), suffix=st.sampled_from(["parquet", "jsonl"]))
def test_recipes_round_trip_through_files(recipes, suffix, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / f"recipes.{suffix}"
    write_recipes(recipes, path)
    assert read_recipes(path) == recipes


@pytest.fixture
def mashup(songs, noise, source_store, small_settings):
    """A mashup with a noise clip."""
    settings = replace(small_settings, noise_probability=1.0)
    recipe = sample_recipes(songs, noise, source_store, settings, per_class=2, seed=0)[0]
    return Mashup.from_recipe(recipe, source_store)


def test_jams_hold_recipe_and_event_times(mashup, tmp_path):
    write_jams(mashup, tmp_path / "m.jams")
    assert read_jams(tmp_path / "m.jams") == mashup.recipe
    document = json.loads((tmp_path / "m.jams").read_text())
    seconds = mashup.recipe.length / 22050
    assert document["file_metadata"]["duration"] == seconds
    events, tags = document["annotations"]
    assert (events["namespace"], tags["namespace"]) == ("scaper", "tag_open")
    assert [tag["value"] for tag in tags["data"]] == ["a"]
    drums, _, noise = [event["value"] for event in events["data"]]
    assert (drums["label"], drums["role"], drums["event_duration"]) == (
        "drums",
        "foreground",
        seconds,
    )
    assert drums["time_stretch"] == 1 / mashup.recipe.stems[0].rate
    assert (noise["label"], noise["event_duration"]) == ("noise", 1.0)
    assert noise["event_time"] == mashup.recipe.noises[0].start / 22050


def test_invalid_recipe_files_raise(tmp_path, monkeypatch):
    (tmp_path / "r.jsonl").write_text('{"id": "x", "stems": [], "noises": []}\n')
    with pytest.raises(DataError, match=r"r\.jsonl: .*not a recipe of this version.*the fields id"):
        read_recipes(tmp_path / "r.jsonl")
    (tmp_path / "r.jsonl").write_text("[]\n{")
    with pytest.raises(DataError, match=r"r\.jsonl: cannot be read as recipes"):
        read_recipes(tmp_path / "r.jsonl")
    pq.write_table(pa.table({f"c{i}": [0] for i in range(11)}), tmp_path / "wide.parquet")
    monkeypatch.setattr("stemstack.utils.parquet._MAX_COLUMNS", 10)
    with pytest.raises(DataError, match=r"wide\.parquet: .*1 rows of 11 columns"):
        read_recipes(tmp_path / "wide.parquet")
    monkeypatch.setattr("stemstack.mashups.recipe_io._MAX_TEXT_BYTES", 2**20)
    (tmp_path / "large.jsonl").write_text("{}\n" * 2**19)
    with pytest.raises(DataError, match=r"large\.jsonl: .*more than 1 MB"):
        read_recipes(tmp_path / "large.jsonl")
    with pytest.raises(DataError, match=r"large\.jsonl: .*more than 1 MB"):
        read_jams(tmp_path / "large.jsonl")
    with pytest.raises(DataError, match=r"gone\.parquet: cannot be read as recipes"):
        read_recipes(tmp_path / "gone.parquet")
    with pytest.raises(UsageError, match=r"must end in \.parquet or \.jsonl. Got '\.csv'"):
        write_recipes([], tmp_path / "r.csv")
    (tmp_path / "m.jams").write_text("{}")
    with pytest.raises(DataError, match=r"m\.jams: is not a JAMS file with a recipe"):
        read_jams(tmp_path / "m.jams")
