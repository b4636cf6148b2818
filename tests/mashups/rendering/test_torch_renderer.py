"""Torch renderer: equal to the CPU renderer within one 16-bit step."""

from dataclasses import replace

import numpy as np
import pytest

from stemstack.exceptions import DataError, UsageError
from stemstack.mashups import Mashup, NoisePart, sample_recipes
from stemstack.mashups.rendering.torch_renderer import PackedSources, render_batch

torch = pytest.importorskip("torch")

STEP = 1 / 32768


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def packed(source_store):
    return PackedSources.from_sources(source_store.values())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tempo": "none", "normalize": "none", "overdrive": (6.0, 12.0)},
        {"noise_probability": 1.0, "noise_count": (0, 3), "noise_placement": "tile"},
        {"stem_dropout": 0.5, "peak": 0.3, "rate_range": (0.7, 1.1)},
    ],
)
def test_equals_cpu_renderer(songs, noise, source_store, small_settings, packed, changes):
    settings = replace(small_settings, **changes)
    recipes = sample_recipes(songs, noise, source_store, settings, per_class=6, seed=0)
    mashups = [Mashup.from_recipe(recipe, source_store) for recipe in recipes]
    clips = render_batch(mashups, packed).numpy()
    assert clips.shape == (12, max(recipe.length for recipe in recipes))
    for mashup, clip in zip(mashups, clips, strict=True):
        length = mashup.recipe.length
        # atol: a step of 16 bits, the documented tolerance.
        np.testing.assert_allclose(clip[:length], mashup.load(22050), rtol=0, atol=1.01 * STEP)
        assert not clip[length:].any()


def test_block_length_does_not_change_result(
    songs, noise, source_store, small_settings, packed, monkeypatch
):
    recipes = sample_recipes(songs, noise, source_store, small_settings, per_class=3, seed=0)
    mashups = [Mashup.from_recipe(recipe, source_store) for recipe in recipes]
    whole = render_batch(mashups, packed)
    monkeypatch.setattr("stemstack.mashups.rendering.torch_renderer._BLOCK", 6 * 9999)
    assert torch.equal(render_batch(mashups, packed), whole)


def test_stem_is_read_to_its_last_sample(make_source, make_recipe):
    sources = [make_source(f"ramp{n}", np.arange(1, n + 1) * 100) for n in (50, 60)]
    mashups = [Mashup(make_recipe(s.n_samples), (s,)) for s in sources]
    clips = render_batch(mashups, PackedSources.from_sources(sources)).numpy()
    np.testing.assert_array_equal(clips[0, :50], mashups[0].load(22050))
    np.testing.assert_array_equal(clips[1], mashups[1].load(22050))


def test_silent_stems_render_to_silence(make_source, make_recipe):
    source = make_source("silent", np.zeros(100))
    mashup = Mashup(make_recipe(100, normalize="peak", level=1.0), (source,))
    assert not render_batch([mashup], PackedSources.from_sources([source])).any()


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"tempo": "stretch"}, "tempo: stretch"),
        ({"tempo": "wsola"}, "tempo: wsola"),
        ({"normalize": "lufs", "level": -17.0}, "normalize: lufs"),
        ({"lowpass": 4000.0}, "lowpass"),
        ({"codec": "mp3", "codec_quality": 0.5}, "codec"),
        ({"noises": (NoisePart("n", 0, None, 10.0),)}, "noise_law: snr"),
        ({"noises": (NoisePart("n", 0, None, 10.0, active=True),)}, "noise_law: snr"),
        ({"noises": (NoisePart("n", 0, 1.0, band=(100.0, 200.0)),)}, "noise_band"),
    ],
)
def test_unsupported_setting_raises(make_source, make_recipe, changes, setting):
    recipe = make_recipe(50, rates=(1.1,), **changes)
    source = make_source("hundred", np.arange(100))
    mashup = Mashup(recipe, (source,) * (1 + len(recipe.noises)))
    with pytest.raises(UsageError, match=f"has the setting '{setting}', which the torch renderer"):
        render_batch([mashup], PackedSources.from_sources([source]))


def test_missing_source_raises(make_source, make_recipe):
    source = make_source("hundred", np.arange(100))
    with pytest.raises(UsageError, match=r"needs .*hundred\.i16, which is not packed"):
        render_batch([Mashup(make_recipe(50), (source,))], PackedSources.from_sources([]))
    with pytest.raises(DataError, match="path0: the recipe reads samples"):
        render_batch([Mashup(make_recipe(101), (source,))], PackedSources.from_sources([source]))
