"""Mashups: drawn within folds, rendered the same everywhere, equal to what is written to disk."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.audio import clip_key, read_clip
from stemstack.errors import DataError, UsageError
from stemstack.mashups import (
    Mashup,
    Recipe,
    Settings,
    Source,
    build_bank,
    draw_recipes,
    read_recipes,
    whole_songs,
    write_mashups,
    write_recipes,
)
from stemstack.mashups.recipes import NoisePart, StemPart
from stemstack.mashups.rendering import mix_sources

SETTINGS = Settings(stems=("drums", "bass"), durations=((1.0, 2.0, 3.0),))


def make_source(tmp_path, name, samples, tempo=120.0):
    file = tmp_path / f"{name}.npy"
    np.save(file, np.asarray(samples, dtype=np.int16))
    return Source(str(file), len(samples), tempo, name)


@pytest.fixture
def bank(tmp_path):
    """Eight songs of two stems and four noises, with known tempi."""
    rng = np.random.default_rng(0)
    names = [f"s{i}/{stem}" for i in range(8) for stem in ("drums", "bass")]
    tempi = dict(zip(names, rng.uniform(80, 160, len(names)), strict=True))
    names += [f"noise{i}" for i in range(4)]
    return {
        name: make_source(
            tmp_path,
            name.replace("/", "-"),
            rng.integers(-9000, 9000, 110250 if "/" in name else 22050),
            tempi.get(name, float("nan")),
        )
        for name in names
    }


@pytest.fixture
def songs():
    names = [f"s{i}" for i in range(8)]
    return pd.DataFrame(
        {
            "song": names,
            "label": ["a", "b"] * 4,
            "fold": [0, 0, 0, 0, 1, 1, 1, 1],
            "drums": [f"{n}/drums" for n in names],
            "bass": [f"{n}/bass" for n in names],
        }
    )


@pytest.fixture
def noise():
    return pd.DataFrame({"path": [f"noise{i}" for i in range(4)], "fold": [0, 1, 0, 1]})


def test_no_song_or_noise_stands_on_both_sides(songs, noise, bank):
    settings = replace(SETTINGS, noise_probability=1.0)
    recipes = draw_recipes(songs, noise, bank, settings, per_class=20, seed=0)
    assert len(recipes) == 40
    used = {0: set(), 1: set()}
    for recipe in recipes:
        used[recipe.fold] |= {part.song for part in recipe.stems}
        used[recipe.fold] |= {part.path for part in recipe.noises}
    assert used[0] and used[1] and not used[0] & used[1]


def test_stems_come_from_different_songs_of_one_class(songs, noise, bank):
    label = songs.set_index("song")["label"]
    for recipe in draw_recipes(songs, noise, bank, SETTINGS, per_class=10, seed=0):
        names = [part.song for part in recipe.stems]
        assert len(set(names)) == 2
        assert set(label[names]) == {recipe.label}


def test_every_stem_runs_at_the_anchors_tempo(songs, noise, bank):
    for recipe in draw_recipes(songs, noise, bank, SETTINGS, per_class=10, seed=0):
        synced = [part.rate * bank[part.path].tempo for part in recipe.stems]
        # rtol: one division and one product in float64.
        np.testing.assert_allclose(synced, synced[0], rtol=1e-12)
        assert 1.0 in [part.rate for part in recipe.stems]


def test_silent_stems_keep_their_speed(songs, noise, bank):
    bank = {n: replace(s, tempo=float("nan")) if "bass" in n else s for n, s in bank.items()}
    for recipe in draw_recipes(songs, noise, bank, SETTINGS, per_class=5, seed=0):
        assert [part.rate for part in recipe.stems] == [1.0, 1.0]


def test_drawing_more_never_changes_those_drawn_before(songs, noise, bank):
    few = draw_recipes(songs, noise, bank, SETTINGS, per_class=4, seed=3)
    many = {r.id: r for r in draw_recipes(songs, noise, bank, SETTINGS, per_class=12, seed=3)}
    assert all(many[recipe.id] == recipe for recipe in few)
    other = draw_recipes(songs, noise, bank, SETTINGS, per_class=4, seed=4)
    assert few != other


def test_recipes_survive_the_disk(songs, noise, bank, tmp_path):
    recipes = draw_recipes(songs, noise, bank, SETTINGS, per_class=4, seed=0)
    write_recipes(recipes, tmp_path / "recipes.parquet")
    assert read_recipes(tmp_path / "recipes.parquet") == recipes


def test_noise_must_be_there_when_it_is_wanted(songs, noise, bank):
    with pytest.raises(DataError, match=r"Fold 0 has no noise clip.*noise_probability: 0"):
        draw_recipes(songs, noise[:0], bank, SETTINGS, per_class=2, seed=0)
    silent = replace(SETTINGS, noise_probability=0.0)
    recipes = draw_recipes(songs, noise[:0], bank, silent, per_class=2, seed=0)
    assert all(recipe.noises == () for recipe in recipes)


def test_a_written_mashup_is_the_mashup(songs, noise, bank, tmp_path):
    recipes = draw_recipes(songs, noise, bank, SETTINGS, per_class=2, seed=0)
    mashups = [Mashup.of(recipe, bank) for recipe in recipes]
    one = [tmp_path / f"one{i}.wav" for i in range(len(mashups))]
    two = [tmp_path / f"two{i}.wav" for i in range(len(mashups))]
    write_mashups(mashups, one, n_jobs=1)
    write_mashups(mashups, two, n_jobs=2)
    for mashup, a, b in zip(mashups, one, two, strict=True):
        assert a.read_bytes() == b.read_bytes()
        np.testing.assert_array_equal(read_clip(a), mashup.load(22050))


def test_keys_say_what_is_heard_not_what_it_is_called(songs, noise, bank):
    recipe = draw_recipes(songs, noise, bank, SETTINGS, per_class=1, seed=0)[0]
    key = clip_key(Mashup.of(recipe, bank))
    assert clip_key(Mashup.of(replace(recipe, id="x", label="y", fold=7), bank)) == key
    assert clip_key(Mashup.of(replace(recipe, start=recipe.start + 1), bank)) != key


@given(
    rate=st.floats(0.3, 3.0),
    gain=st.floats(0.0, 2.0),
    start=st.integers(0, 100),
    length=st.integers(1, 200),
)
def test_varispeed_of_a_ramp_is_a_ramp(tmp_path_factory, rate, gain, start, length):
    source = make_source(tmp_path_factory.getbasetemp(), "ramp", np.arange(1000))
    part = StemPart("s", "song", "ramp", rate, gain)
    recipe = Recipe("r", "a", 0, 22050, start, length, 0.0, (part,), ())
    expected = gain * rate * (start + np.arange(length)) / 32768
    # atol: float32 of values up to 2000/32768, interpolated.
    np.testing.assert_allclose(mix_sources(recipe, (source,)), expected, rtol=1e-5, atol=1e-7)


@given(gains=st.tuples(st.floats(0.1, 1), st.floats(0.1, 1)), peak=st.floats(0.1, 1))
def test_the_peak_is_what_was_asked_for(tmp_path_factory, gains, peak):
    folder = tmp_path_factory.getbasetemp()
    rng = np.random.default_rng(1)
    sources = tuple(make_source(folder, f"p{i}", rng.integers(-99, 99, 500)) for i in range(2))
    parts = tuple(StemPart("s", "song", f"p{i}", 1.0, g) for i, g in enumerate(gains))
    recipe = Recipe("r", "a", 0, 22050, 0, 400, peak, parts, ())
    # atol: one 16-bit step.
    np.testing.assert_allclose(
        np.abs(Mashup(recipe, sources).load(22050)).max(), peak, rtol=0, atol=1 / 32768 * 1.5
    )


def test_mixing_is_a_sum(tmp_path):
    stem = make_source(tmp_path, "stem", np.full(100, 1000))
    noise = make_source(tmp_path, "noise", np.full(10, 3000))
    parts = (StemPart("s", "song", "stem", 1.0, 0.5),)
    recipe = Recipe("r", "a", 0, 22050, 0, 50, 0.0, parts, (NoisePart("noise", 45, 2.0),))
    expected = np.r_[np.full(45, 500), np.full(5, 6500)] / 32768
    # rtol: float32 products.
    np.testing.assert_allclose(mix_sources(recipe, (stem, noise)), expected, rtol=1e-6)


def test_silence_stays_silence(tmp_path):
    source = make_source(tmp_path, "silent", np.zeros(100))
    recipe = Recipe(
        "r", "a", 0, 22050, 0, 50, 1.0, (StemPart("s", "song", "silent", 1.0, 1.0),), ()
    )
    assert not Mashup(recipe, (source,)).load(22050).any()


def test_whole_songs_are_their_stems(songs, bank):
    recipes = whole_songs(songs, bank, SETTINGS)
    assert [recipe.id for recipe in recipes] == songs["song"].tolist()
    assert {part.rate for recipe in recipes for part in recipe.stems} == {1.0}
    assert recipes[0].length == 110250


def test_the_bank_converts_once_and_names_every_bad_file(stem_data, tmp_path):
    paths = [f"genres_stems/blues/blues.00000/{stem}.wav" for stem in ("drums", "bass")]
    bank = build_bank(stem_data, paths, cache=tmp_path)
    entries = sorted((tmp_path / "sources").iterdir())
    stamps = [entry.stat().st_mtime_ns for entry in entries]
    again = build_bank(stem_data, paths, cache=tmp_path, n_jobs=2)
    assert bank == again
    assert [e.stat().st_mtime_ns for e in sorted((tmp_path / "sources").iterdir())] == stamps
    # atol: conversion rounds to 16 bits, which the file already is.
    np.testing.assert_allclose(
        bank[paths[0]].read(), read_clip(stem_data / paths[0]), rtol=0, atol=1 / 32768
    )
    with pytest.raises(DataError, match=r"(?s)2 of 3 files.*gone1\.wav.*gone2\.wav"):
        build_bank(stem_data, ["gone1.wav", *paths[:1], "gone2.wav"], cache=tmp_path)


def test_tempo_of_a_click_track_is_found(stem_data, tmp_path):
    path = "genres_stems/blues/blues.00003/bass.wav"
    tempo = build_bank(stem_data, [path], cache=tmp_path)[path].tempo
    # 120 beats per minute, or an octave of it; 3 %: the tempogram's resolution there.
    assert min(abs(tempo / (120 * 2.0**k) - 1) for k in (-1, 0, 1)) < 0.03


def test_settings_go_through_yaml(tmp_path):
    settings = Settings(gain=(0.1, 0.2), durations=((1, 5, 6),))
    settings.to_yaml(tmp_path / "s.yaml")
    assert Settings.from_yaml(tmp_path / "s.yaml") == settings


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"gain": [2, 1]}, "'gain' must be low, high"),
        ({"tempo": "fast"}, "'tempo' must be one of"),
        ({"noise_probability": 2}, r"a chance in \[0, 1\]. Got 2"),
        ({"durations": [[1, 0, 3]]}, "'durations' must be"),
        ({"peak": 0}, "'peak' must be"),
        ({"stems": []}, "at least one stem"),
        ({"gian": [0, 1]}, "Unknown setting 'gian'; the settings are stems"),
    ],
)
def test_wrong_settings_are_refused(values, problem):
    with pytest.raises(UsageError, match=problem):
        Settings.from_dict(values)


def test_settings_files_must_be_mappings(tmp_path):
    (tmp_path / "s.yaml").write_text("- gain")
    with pytest.raises(UsageError, match="expected a mapping"):
        Settings.from_yaml(tmp_path / "s.yaml")
    with pytest.raises(UsageError, match="cannot be read as YAML"):
        Settings.from_yaml(tmp_path / "none.yaml")
