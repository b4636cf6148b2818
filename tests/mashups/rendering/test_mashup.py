"""Mashups: equal in memory and on disk, for any number of jobs, and in excerpts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.audio import clip_key, read_clip
from stemstack.exceptions import DataError
from stemstack.mashups import (
    Mashup,
    NoisePart,
    Recipe,
    Settings,
    StemPart,
    load_mashups,
    sample_recipes,
    write_mashups,
)
from stemstack.mashups.rendering.mixing import mix_sources
from stemstack.utils.resources import Resources


@pytest.fixture(scope="module")
def mashups(songs, noise, source_store, small_settings):
    """Eight mashups with default settings, and sixteen with all kinds of processing."""
    everything = Settings.from_dict(
        small_settings.to_dict()
        | {"tempo": "stretch", "noise_law": "snr", "noise_placement": "tile", "normalize": "lufs"}
        | {"noise_count": [1, 3], "noise_band_probability": 0.5, "overdrive": [0, 6]}
        | {"lowpass_probability": 0.5, "codec_probability": 0.7, "stem_dropout": 0.3}
    )
    mashups = []
    for settings in (small_settings, everything, replace(everything, tempo="wsola")):
        recipes = sample_recipes(songs, noise, source_store, settings, per_class=4, seed=0)
        mashups += [Mashup.from_recipe(recipe, source_store) for recipe in recipes]
    return mashups


def names(folder, mashups):
    return [folder / f"{i}.wav" for i in range(len(mashups))]


def test_written_file_equals_mashup_for_any_jobs(mashups, tmp_path):
    one, two = names(tmp_path / "one", mashups), names(tmp_path / "two", mashups)
    write_mashups(mashups, one, n_jobs=1)
    write_mashups(mashups, two, n_jobs=2)
    for mashup, a, b in zip(mashups, one, two, strict=True):
        assert a.read_bytes() == b.read_bytes()
        np.testing.assert_array_equal(read_clip(a), mashup.load(22050))


def test_only_missing_or_wrong_files_are_rendered(mashups, tmp_path):
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
    unchanged = [
        path.stat().st_mtime_ns == stamp for path, stamp in zip(paths, stamps, strict=True)
    ]
    assert unchanged == [False, False, True, False]


def test_key_depends_on_waveform_only(mashups):
    mashup, recipe = mashups[0], mashups[0].recipe
    key = clip_key(mashup)
    assert clip_key(replace(mashup, recipe=replace(recipe, id="x", label="y", fold=7))) == key
    assert clip_key(replace(mashup, pool="elsewhere.json")) == key
    for change in ({"start": 1}, {"tempo": "stretch"}, {"lowpass": 2e3}, {"overdrive": 1.0}):
        assert clip_key(replace(mashup, recipe=replace(recipe, **change))) != key


@pytest.mark.parametrize("how", ["peak", "rms", "lufs", "none"])
def test_silent_stems_render_to_silence(make_source, make_recipe, how):
    recipe = make_recipe(20000, normalize=how, level=1.0 if how == "peak" else -17.0)
    source = make_source("silent", np.zeros(20000))
    assert not Mashup(recipe, (source,)).load(22050).any()


def test_load_resamples_to_another_rate(make_source, make_recipe):
    sine = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    mashup = Mashup(make_recipe(22050), (make_source("sine", sine),))
    clip = mashup.load(11025)
    assert clip.shape == (11025,)
    # atol: 16 bits, and the ripple of the filter; its ends are left out.
    np.testing.assert_allclose(clip[500:-500], sine[::2][500:-500], rtol=0, atol=2e-3)


@given(data=st.data())
def test_excerpt_mixes_to_same_samples(make_source, make_recipe, data):
    rng = np.random.default_rng(0)
    stem, noise = (
        make_source(f"length {n}", rng.integers(-9000, 9000, n).astype(np.int16)) for n in (900, 70)
    )
    placed = st.builds(
        NoisePart,
        path=st.just("noise"),
        start=st.integers(0, 69),
        gain=st.floats(0.1, 2.0),
        tile=st.booleans(),
    )
    noises = data.draw(st.lists(placed, max_size=3))
    recipe = make_recipe(400, rates=(1.0, 1.37), start=data.draw(st.integers(0, 200)))
    recipe = replace(recipe, noises=tuple(noises))
    mashup = Mashup(recipe, (stem, stem, *[noise] * len(noises)), "the pool")
    begin = data.draw(st.integers(0, 399))
    length = data.draw(st.integers(1, 400 - begin))
    excerpt = mashup.excerpt(begin, length)
    np.testing.assert_array_equal(
        mix_sources(excerpt.recipe, excerpt.sources),
        mix_sources(recipe, mashup.sources)[begin : begin + length],
    )
    assert excerpt.pool == "the pool"
    # An excerpt of an excerpt is an excerpt of the whole.
    assert mashup.excerpt(begin, 400 - begin).excerpt(0, length) == excerpt


def test_excerpt_continues_banded_noise_at_snr(make_source, make_recipe):
    rng = np.random.default_rng(0)
    stem, noise = (make_source(f"hiss{n}", 0.1 * rng.standard_normal(n)) for n in (9000, 4000))
    part = NoisePart("noise", 1000, None, 6.0, band=(2000.0, 8000.0))
    mashup = Mashup(replace(make_recipe(9000), noises=(part,)), (stem, noise))
    plain = Mashup(make_recipe(9000), (stem,))
    with_noise, without = (
        mix_sources(m.recipe, m.sources)
        for m in (mashup.excerpt(3000, 6000), plain.excerpt(3000, 6000))
    )
    added = with_noise - without
    whole = (mix_sources(mashup.recipe, mashup.sources) - stem.read())[3000:5000]
    # The same noise with another gain: the ratio is that of the excerpt.
    assert np.corrcoef(added[:2000], whole)[0, 1] > 0.999
    np.testing.assert_array_equal(added[2000:], 0)
    found = 10 * np.log10(np.mean(without**2) / np.mean(added[:2000] ** 2))
    # atol: rounding of 16 bits.
    np.testing.assert_allclose(found, 6.0, rtol=0, atol=0.01)


def test_excerpt_drops_noise_outside(make_source, make_recipe):
    stem, noise = make_source("long", np.ones(900, int)), make_source("short", np.ones(50, int))
    recipe = replace(make_recipe(600), noises=(NoisePart("noise", 100, 1.0),))
    mashup = Mashup(recipe, (stem, noise))
    reached = [bool(mashup.excerpt(begin, 20).recipe.noises) for begin in (80, 81, 149, 150)]
    assert reached == [False, True, True, False]
    assert mashup.excerpt(80, 20).sources == (stem,)


def test_load_mashups_converts_stems_of_recipes(stem_data, tmp_path):
    path = "genres_stems/blues/blues.00000/drums.wav"
    part = StemPart("drums", "blues.00000", path, rate=1.0, gain=0.5)
    recipe = Recipe("r", "blues", 0, 22050, start=100, length=2000, stems=(part,))
    (mashup,) = load_mashups([recipe], stem_data, resources=Resources(tmp_path))
    # atol: 16 bits of the stem and of the mashup.
    expected = 0.5 * read_clip(stem_data / path)[100:2100]
    np.testing.assert_allclose(mashup.load(22050), expected, rtol=0, atol=2 / 32768)
    with pytest.raises(DataError, match=r"one sample rate. Got \[22050, 44100\]"):
        load_mashups([recipe, replace(recipe, sr=44100)], stem_data, resources=Resources(tmp_path))
