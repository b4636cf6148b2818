"""Correlations of waveforms whose share in a sum is known."""

import numpy as np
import pandas as pd
import pytest
import soxr

from stemstack.domain_shift.reuse.stem_library import (
    StemLibrary,
    downsample_difference,
    max_correlation_offset,
)
from stemstack.mashups import Mashup, Recipe, StemPart

SR = 22050


@pytest.fixture(scope="module")
def noises():
    """Four independent stems of white noise, 10 s, equally loud."""
    return np.random.default_rng(0).standard_normal((4, 10 * SR)).astype(np.float32)


def test_a_stem_correlates_with_itself(noises):
    stem = downsample_difference(noises[0])
    # atol: float32, and one interpolation.
    np.testing.assert_allclose(max_correlation_offset(stem, stem, 1.0, 0.0), 1.0, rtol=0, atol=1e-3)


@pytest.mark.parametrize("n", [2, 4])
def test_one_of_n_correlates_by_its_share(noises, n):
    mix = noises[:n].sum(axis=0)
    # atol: the mean of 27 chunks of 2,048 samples is as exact as 1 / √55,000 = 0.004.
    np.testing.assert_allclose(
        max_correlation_offset(
            downsample_difference(mix), downsample_difference(noises[0]), 1.0, 0.0
        ),
        n**-0.5,
        rtol=0,
        atol=0.02,
    )


def test_another_stem_does_not(noises):
    assert (
        max_correlation_offset(
            downsample_difference(noises[0]), downsample_difference(noises[1]), 1.0, 0.0
        )
        < 0.05
    )


def test_a_guess_a_little_off_is_mended(random_notes):
    stem = random_notes(0, 12.0)
    clip = downsample_difference(soxr.resample(stem, 1.1, 1.0)[SR : 9 * SR])
    exact = max_correlation_offset(clip, downsample_difference(stem), 1.1, 1.1 * SR)
    near = max_correlation_offset(clip, downsample_difference(stem), 1.1 * 1.0002, 1.1 * SR + 300)
    assert exact > 0.9
    # atol: within a chunk the guess holds, a fifth of a sample off at its ends.
    np.testing.assert_allclose(near, exact, rtol=0, atol=0.05)


def test_the_wrong_place_is_not(random_notes):
    stem = random_notes(0, 12.0)
    assert (
        max_correlation_offset(
            downsample_difference(stem[: 6 * SR]), downsample_difference(stem), 1.0, 3.0 * SR
        )
        < 0.3
    )


def test_a_clip_of_minutes_is_aligned(noises):
    stem = downsample_difference(np.tile(noises[0], 16))
    # atol: as above.
    np.testing.assert_allclose(max_correlation_offset(stem, stem, 1.0, 0.0), 1.0, rtol=0, atol=1e-3)


@pytest.mark.parametrize("length", [10, 4 * 2047])
def test_a_clip_shorter_than_a_chunk_tells_nothing(noises, length):
    assert (
        max_correlation_offset(
            downsample_difference(noises[0][:length]), downsample_difference(noises[0]), 1.0, 0.0
        )
        == 0.0
    )


def test_silence_correlates_with_nothing(noises):
    silence = np.zeros(10 * SR, np.float32)
    assert (
        max_correlation_offset(
            downsample_difference(silence), downsample_difference(noises[0]), 1.0, 0.0
        )
        == 0.0
    )
    assert (
        max_correlation_offset(
            downsample_difference(noises[0]), downsample_difference(silence), 1.0, 0.0
        )
        == 0.0
    )
    assert (
        max_correlation_offset(
            downsample_difference(noises[0]), downsample_difference(noises[0]), 1.0, 30.0 * SR
        )
        == 0.0
    )


SR_stem_library = 22050


@pytest.fixture(scope="module")
def songs():
    rows = [{"song": f"s{i}", "drums": f"s{i}/drums", "bass": f"s{i}/bass"} for i in range(4)]
    return pd.DataFrame([*rows, {"song": "s4", "drums": "s4/drums", "bass": None}])


@pytest.fixture(scope="module")
def source_store(songs, make_source, random_notes):
    paths = [path for path in (*songs["drums"], *songs["bass"]) if path]
    return {
        path: make_source(f"library-{seed}", random_notes(seed, 9.0))
        for seed, path in enumerate(paths)
    }


@pytest.fixture(scope="module")
def library(songs, source_store):
    return StemLibrary.from_songs(songs, ("drums", "bass"), source_store)


@pytest.fixture(scope="module")
def mashup(source_store):
    """Two stems, one a fifth faster, from 1 s on."""
    parts = (
        StemPart("drums", "s1", "s1/drums", 1.0, 1.0),
        StemPart("bass", "s2", "s2/bass", 1.2, 0.8),
    )
    return Mashup.from_recipe(
        Recipe(
            "r",
            "a",
            0,
            SR_stem_library,
            SR_stem_library,
            6 * SR_stem_library,
            parts,
            normalize="peak",
            level=1.0,
        ),
        source_store,
    )


def test_a_stem_that_a_song_lacks_is_none_of_it(library):
    assert len(library.paths) == len(library.songs) == len(library.sources) == 9


def test_it_names_the_stems_of_a_mashup(library, mashup):
    first, second, *others = library.find(mashup)
    assert {(first.path, first.song), (second.path, second.song)} == {
        ("s1/drums", "s1"),
        ("s2/bass", "s2"),
    }
    own, fast = sorted((first, second), key=lambda finding: finding.rate)
    # rtol, atol: what the waveform confirms, within 0.1 %, and 900 samples.
    np.testing.assert_allclose([own.rate, fast.rate], [1.0, 1.2], rtol=1e-3)
    np.testing.assert_allclose(
        [own.start, fast.start], [1.0, 1.2], rtol=0, atol=900 / SR_stem_library
    )
    assert second.correlation > 0.4 > 0.2 > max(finding.correlation for finding in others)


def test_songs_left_out_are_not_named(library, mashup):
    findings = library.find(mashup, without={"s1", "s2"})
    assert {finding.song for finding in findings} <= {"s0", "s3", "s4"}
    assert max(finding.correlation for finding in findings) < 0.2


def test_silence_holds_nothing(library):
    assert library.find(np.zeros(6 * SR_stem_library, np.float32)) == []
