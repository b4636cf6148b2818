"""Sampling of recipes: classes, folds, ranges and random streams."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.exceptions import DataError, UsageError
from stemstack.mashups import Mashup, Pool, sample_recipes, song_recipes
from stemstack.mashups.pool import load_pool
from stemstack.mashups.recipes import recipe_to_dict

SR = 22050


def parts_by_fold(recipes):
    used = {0: set(), 1: set()}
    for recipe in recipes:
        used[recipe.fold] |= {part.song for part in recipe.stems}
        used[recipe.fold] |= {part.path for part in recipe.noises}
    return used


def test_folds_share_no_song_or_noise(songs, noise, source_store, small_settings):
    settings = replace(small_settings, noise_probability=1.0)
    recipes = sample_recipes(songs, noise, source_store, settings, per_class=20, seed=0)
    assert len(recipes) == 40
    used = parts_by_fold(recipes)
    assert used[0] and used[1] and not used[0] & used[1]


def test_stems_are_of_different_songs_of_one_class(songs, noise, source_store, small_settings):
    label = songs.set_index("song")["label"]
    for recipe in sample_recipes(songs, noise, source_store, small_settings, per_class=10, seed=0):
        names = [part.song for part in recipe.stems]
        assert len(set(names)) == 2
        assert set(label[names]) == {recipe.label}


@given(
    seed=st.integers(0, 2**32),
    dropout=st.floats(0, 1),
    law=st.sampled_from(["uniform", "db_uniform"]),
    gain=st.tuples(st.floats(0.01, 1), st.floats(1, 3)),
    counts=st.tuples(st.integers(0, 1), st.integers(1, 3)),
    snr=st.tuples(st.floats(-20, 0), st.floats(0, 20)),
    by_ratio=st.booleans(),
    tile=st.booleans(),
)
def test_samples_are_within_range(
    songs,
    noise,
    source_store,
    small_settings,
    seed,
    dropout,
    law,
    gain,
    counts,
    snr,
    by_ratio,
    tile,
):
    settings = replace(
        small_settings,
        stem_dropout=dropout,
        gain_probability=1.0,
        gain_law=law,
        gain=gain,
        noise_probability=1.0,
        noise_count=counts,
        noise_law="snr" if by_ratio else "gain",
        noise_snr=snr,
        noise_placement="tile" if tile else "single",
        noise_band_probability=0.5,
        lowpass_probability=0.5,
        codec_probability=0.5,
        overdrive=(0.0, 6.0),
        rate_range=(0.8, 1.25),
    )
    recipe = Pool.from_tables(songs, noise, source_store, settings).sample_recipe(
        "x", "a", 1, np.random.default_rng(seed)
    )
    assert 1 <= len(recipe.stems) <= 2 and counts[0] <= len(recipe.noises) <= counts[1]
    # Tolerance: gains in dB are rounded by a logarithm.
    assert all(gain[0] * 0.999999 <= part.gain <= gain[1] * 1.000001 for part in recipe.stems)
    assert all(0.8 <= part.rate <= 1.25 for part in recipe.stems)
    assert all((part.gain is None) == by_ratio for part in recipe.noises)
    assert all(snr[0] <= part.snr <= snr[1] for part in recipe.noises if by_ratio)
    assert all(50 <= a < b <= 10000.01 for a, b in (p.band for p in recipe.noises if p.band))
    assert 2 * SR <= recipe.length <= 3 * SR and 0 <= recipe.overdrive <= 6
    last = (recipe.start + recipe.length - 1) * np.array([part.rate for part in recipe.stems])
    assert (last + 1 < 5 * SR).all()
    assert {part.song for part in recipe.stems} <= {"s4", "s6"}
    assert {part.path for part in recipe.noises} <= {"noise1", "noise3"}


def test_dropout_rate_is_stem_dropout(songs, noise, source_store, small_settings):
    settings = replace(small_settings, stem_dropout=0.3)
    recipes = sample_recipes(songs, noise, source_store, settings, per_class=400, seed=0)
    missing = np.mean([len(recipe.stems) == 1 for recipe in recipes])
    # 1 - 0.7²: one remains where both would drop. Five standard deviations of 800 samples.
    assert abs(missing - 0.51) < 5 * np.sqrt(0.25 / 800)


def test_one_song_rate_is_one_song_probability(songs, noise, source_store, small_settings):
    settings = replace(small_settings, one_song_probability=0.4)
    recipes = sample_recipes(songs, noise, source_store, settings, per_class=400, seed=0)
    whole = np.mean([len({part.song for part in recipe.stems}) == 1 for recipe in recipes])
    # Otherwise songs differ. Five standard deviations of 800 samples.
    assert abs(whole - 0.4) < 5 * np.sqrt(0.24 / 800)


def test_db_normal_gains_have_mean_and_deviation(songs, noise, source_store, small_settings):
    settings = replace(
        small_settings, gain_probability=1.0, gain_law="db_normal", gain_db=(-6.0, 2.0)
    )
    recipes = sample_recipes(songs, noise, source_store, settings, per_class=500, seed=0)
    decibels = [20 * np.log10(part.gain) for recipe in recipes for part in recipe.stems]
    # Five standard deviations of 2,000 samples.
    assert abs(np.mean(decibels) + 6) < 5 * 2 / np.sqrt(2000)
    assert abs(np.std(decibels) - 2) < 5 * 2 / np.sqrt(4000)


def test_headroom_lowers_the_peak(songs, noise, source_store, small_settings):
    settings = replace(small_settings, peak=0.5, headroom=(20.0, 20.0))
    recipes = sample_recipes(songs, noise, source_store, settings, per_class=2, seed=0)
    # rtol: a power of ten.
    assert [recipe.level for recipe in recipes] == pytest.approx([0.05] * 4, rel=1e-12)
    plain = sample_recipes(songs, noise, source_store, small_settings, per_class=2, seed=0)
    assert [replace(recipe, level=1.0) for recipe in recipes] == plain


def test_larger_per_class_only_adds_recipes(songs, noise, source_store, small_settings):
    few = sample_recipes(songs, noise, source_store, small_settings, per_class=4, seed=3)
    more = sample_recipes(songs, noise, source_store, small_settings, per_class=12, seed=3)
    many = {recipe.id: recipe for recipe in more}
    assert all(many[recipe.id] == recipe for recipe in few)
    assert few != sample_recipes(songs, noise, source_store, small_settings, per_class=4, seed=4)


def test_steps_that_are_off_use_no_randomness(songs, noise, source_store, small_settings):
    plain = sample_recipes(songs, noise, source_store, small_settings, per_class=4, seed=3)
    filtered = replace(small_settings, lowpass_probability=1.0)
    recipes = sample_recipes(songs, noise, source_store, filtered, per_class=4, seed=3)
    assert [replace(recipe, lowpass=None) for recipe in recipes] == plain


def test_active_levels_change_no_random_number(songs, noise, source_store, small_settings):
    settings = replace(small_settings, noise_law="snr", part_tilt_probability=0.5)
    plain = sample_recipes(songs, noise, source_store, settings, per_class=4, seed=3)
    settings = replace(settings, noise_snr_level="active")
    recipes = sample_recipes(songs, noise, source_store, settings, per_class=4, seed=3)
    assert all(part.active for recipe in recipes for part in recipe.noises)
    rms = [tuple(replace(part, active=False) for part in recipe.noises) for recipe in recipes]
    assert [replace(r, noises=n) for r, n in zip(recipes, rms, strict=True)] == plain
    assert not any("active" in part for r in plain for part in recipe_to_dict(r)["noises"])


@pytest.fixture(scope="module")
def roomy(source_store, make_source):
    """The source store with three impulse responses."""
    impulse = np.r_[0.9, np.zeros(2000), 0.3, np.zeros(1000)]
    rooms = {f"rooms/{name}.wav": make_source(f"room-{name}", impulse) for name in "abc"}
    return source_store | rooms


def test_folds_share_no_impulse_response(songs, noise, roomy, small_settings, tmp_path):
    settings = replace(
        small_settings, reverb_probability=1.0, reverb_folder="rooms", noise_probability=0.0
    )
    pool = Pool.from_tables(songs, noise, roomy, settings)
    recipes = pool.sample_all(20, seed=0)
    used = {(recipe.fold, recipe.effects[-1].path) for recipe in recipes}
    assert used == {(0, "rooms/a.wav"), (0, "rooms/b.wav"), (1, "rooms/c.wav")}
    assert all(-20 <= recipe.effects[-1].values[0] <= -4 for recipe in recipes)
    again = load_pool(pool.save(tmp_path))
    assert again.sample_all(20, seed=0) == recipes
    mashup = Mashup.from_recipe(recipes[0], again.source_store)
    dry = Mashup.from_recipe(replace(recipes[0], effects=()), roomy)
    assert mashup.key() != dry.key()
    assert mashup.origins - dry.origins == {("noise", recipes[0].effects[-1].path)}
    excerpt = mashup.excerpt(100, 500)
    assert excerpt.sources[-1] == mashup.sources[-1] and len(excerpt.load(SR)) == 500
    with pytest.raises(DataError, match="'halls' has 0 impulse responses for 2 folds"):
        Pool.from_tables(songs, noise, roomy, replace(settings, reverb_folder="halls"))


def test_missing_noise_raises_unless_noise_is_off(songs, noise, source_store, small_settings):
    with pytest.raises(DataError, match=r"Fold 0 has no noise clip.*noise_probability: 0"):
        sample_recipes(songs, noise[:0], source_store, small_settings, per_class=2, seed=0)
    silent = replace(small_settings, noise_probability=0.0)
    recipes = sample_recipes(songs, noise[:0], source_store, silent, per_class=2, seed=0)
    assert all(recipe.noises == () for recipe in recipes)


def test_too_short_stem_raises(songs, noise, source_store, small_settings):
    short = {
        path: replace(source, n_samples=1) if path == "s0/bass" else source
        for path, source in source_store.items()
    }
    with pytest.raises(DataError, match="s0/bass: too short to mix; remove the song s0"):
        sample_recipes(songs, noise, short, small_settings, per_class=20, seed=0)


def test_saved_pool_samples_the_same_recipes(songs, noise, source_store, small_settings, tmp_path):
    pool = Pool.from_tables(songs, noise, source_store, small_settings)
    path = pool.save(tmp_path)
    assert pool.save(tmp_path) == path
    again = load_pool(path)
    assert again.sample_all(5, seed=1) == pool.sample_all(5, seed=1)
    with pytest.raises(DataError, match="no longer in the cache"):
        load_pool(str(tmp_path / "gone.json"))


@given(seed=st.integers(0, 2**32))
def test_redraw_stays_in_class_and_fold(
    songs, noise, source_store, small_settings, seed, pool_path
):
    recipe = load_pool(pool_path).sample_all(2, seed=0)[-1]
    mashup = Mashup.from_recipe(recipe, source_store, pool_path)
    redrawn = pickle.loads(pickle.dumps(mashup)).redraw(np.random.default_rng(seed))
    assert (redrawn.recipe.label, redrawn.recipe.fold) == ("b", 1)
    assert {part.song for part in redrawn.recipe.stems} == {"s5", "s7"}
    assert {part.path for part in redrawn.recipe.noises} <= {"noise1", "noise3"}
    assert redrawn == mashup.redraw(np.random.default_rng(seed))
    assert redrawn.key() != mashup.key()


@pytest.fixture(scope="module")
def pool_path(songs, noise, source_store, small_settings, tmp_path_factory):
    return Pool.from_tables(songs, noise, source_store, small_settings).save(
        tmp_path_factory.mktemp("pools")
    )


def test_mashup_with_pool_pickles_small(songs, noise, source_store, pool_path):
    mashup = Mashup.from_recipe(
        load_pool(pool_path).sample_all(2, seed=0)[0], source_store, pool_path
    )
    # A path instead of the pool: a few hundred bytes a part.
    assert len(pickle.dumps(mashup)) < 4000


def test_redraw_without_pool_raises(songs, noise, source_store, small_settings):
    recipe = sample_recipes(songs, noise, source_store, small_settings, per_class=2, seed=0)[0]
    with pytest.raises(UsageError, match=r"'a-0-00000' has no pool.*pool\.save"):
        Mashup.from_recipe(recipe, source_store).redraw(np.random.default_rng(0))


def test_song_recipes_have_all_stems_unchanged(songs, source_store, small_settings):
    recipes = song_recipes(songs, source_store, small_settings)
    assert [recipe.id for recipe in recipes] == songs["song"].tolist()
    assert {part.rate for recipe in recipes for part in recipe.stems} == {1.0}
    assert recipes[0].length == 110250
    without = songs.assign(**dict.fromkeys(small_settings.stems))
    with pytest.raises(DataError, match=r"has none of the stems .*; leave the song out"):
        song_recipes(without, source_store, small_settings)
