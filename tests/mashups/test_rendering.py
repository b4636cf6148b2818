"""Rendering: the same everywhere, kept where it is right, equal to what is written to disk."""

from dataclasses import replace

import numpy as np
import pytest

from stemstack.audio import clip_key, read_clip
from stemstack.mashups import Mashup, Settings, draw_recipes, write_mashups


@pytest.fixture(scope="module")
def mashups(songs, noise, bank, small_settings):
    """Eight of the default kind, and eight of every kind at once."""
    everything = Settings.from_dict(
        small_settings.to_dict()
        | {"tempo": "stretch", "noise_law": "snr", "noise_placement": "tile", "normalize": "lufs"}
        | {"noise_count": [1, 3], "noise_band_probability": 0.5, "overdrive": [0, 6]}
        | {"lowpass_probability": 0.5, "codec_probability": 0.7, "stem_dropout": 0.3}
    )
    drawn = []
    for settings in (small_settings, everything):
        recipes = draw_recipes(songs, noise, bank, settings, per_class=4, seed=0)
        drawn += [Mashup.of(recipe, bank) for recipe in recipes]
    return drawn


def names(folder, mashups):
    return [folder / f"{i}.wav" for i in range(len(mashups))]


def test_a_written_mashup_is_the_mashup_for_any_number_of_jobs(mashups, tmp_path):
    one, two = names(tmp_path / "one", mashups), names(tmp_path / "two", mashups)
    write_mashups(mashups, one, n_jobs=1)
    write_mashups(mashups, two, n_jobs=2)
    for mashup, a, b in zip(mashups, one, two, strict=True):
        assert a.read_bytes() == b.read_bytes()
        np.testing.assert_array_equal(read_clip(a), mashup.load(22050))


def test_files_that_are_right_are_kept(mashups, tmp_path):
    mashups = mashups[:4]
    paths = names(tmp_path, mashups)
    write_mashups(mashups, paths)
    whole = [path.read_bytes() for path in paths]
    stamps = [path.stat().st_mtime_ns for path in paths]
    paths[0].unlink()
    paths[1].write_bytes(whole[1][:999])
    mashups[2].write(paths[3])
    write_mashups(mashups, paths)
    assert [path.read_bytes() for path in paths] == whole
    kept = [path.stat().st_mtime_ns == stamp for path, stamp in zip(paths, stamps, strict=True)]
    assert kept == [False, False, True, False]


def test_keys_say_what_is_heard_not_what_it_is_called(mashups):
    mashup, recipe = mashups[0], mashups[0].recipe
    key = clip_key(mashup)
    assert clip_key(replace(mashup, recipe=replace(recipe, id="x", label="y", fold=7))) == key
    assert clip_key(replace(mashup, pool="elsewhere.json")) == key
    for change in ({"start": 1}, {"tempo": "stretch"}, {"lowpass": 2e3}, {"overdrive": 1.0}):
        assert clip_key(replace(mashup, recipe=replace(recipe, **change))) != key


@pytest.mark.parametrize("how", ["peak", "rms", "lufs", "none"])
def test_silence_stays_silence(make_source, make_recipe, how):
    recipe = make_recipe(20000, normalize=how, level=1.0 if how == "peak" else -17.0)
    source = make_source("silent", np.zeros(20000))
    assert not Mashup(recipe, (source,)).load(22050).any()


def test_another_rate_is_resampled(mashups):
    clip = mashups[0].load(11025)
    assert abs(len(clip) - mashups[0].recipe.length / 2) <= 1
