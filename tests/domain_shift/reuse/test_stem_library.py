"""Correlations of waveforms in known mixes, and searches of known mashups."""

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
    """Four independent stems of white noise of 10 s, equally loud."""
    return np.random.default_rng(0).standard_normal((4, 10 * SR)).astype(np.float32)


def test_stem_correlates_with_itself(noises):
    stem = downsample_difference(noises[0])
    # atol: float32, and one interpolation.
    np.testing.assert_allclose(max_correlation_offset(stem, stem, 1.0, 0.0), 1.0, rtol=0, atol=1e-3)


@pytest.mark.parametrize("n", [2, 4])
def test_correlation_is_share_in_mix(noises, n):
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


def test_other_stem_does_not_correlate(noises):
    assert (
        max_correlation_offset(
            downsample_difference(noises[0]), downsample_difference(noises[1]), 1.0, 0.0
        )
        < 0.05
    )


def test_small_errors_of_rate_and_start_are_corrected(random_notes):
    stem = random_notes(0, 12.0)
    clip = downsample_difference(soxr.resample(stem, 1.1, 1.0)[SR : 9 * SR])
    exact = max_correlation_offset(clip, downsample_difference(stem), 1.1, 1.1 * SR)
    near = max_correlation_offset(clip, downsample_difference(stem), 1.1 * 1.0002, 1.1 * SR + 300)
    assert exact > 0.9
    # atol: the rate is not corrected within a chunk: a fifth of a sample at its ends.
    np.testing.assert_allclose(near, exact, rtol=0, atol=0.05)


def test_wrong_position_does_not_correlate(random_notes):
    stem = random_notes(0, 12.0)
    assert (
        max_correlation_offset(
            downsample_difference(stem[: 6 * SR]), downsample_difference(stem), 1.0, 3.0 * SR
        )
        < 0.3
    )


def test_long_clip_correlates_with_itself(noises):
    stem = downsample_difference(np.tile(noises[0], 16))
    # atol: as above.
    np.testing.assert_allclose(max_correlation_offset(stem, stem, 1.0, 0.0), 1.0, rtol=0, atol=1e-3)


@pytest.mark.parametrize("length", [10, 4 * 2047])
def test_clip_shorter_than_chunk_has_no_correlation(noises, length):
    assert (
        max_correlation_offset(
            downsample_difference(noises[0][:length]), downsample_difference(noises[0]), 1.0, 0.0
        )
        == 0.0
    )


def test_silence_has_no_correlation(noises):
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
    """Mashup of two stems from 1 s on, one of them 1.2 times as fast."""
    parts = (
        StemPart("drums", "s1", "s1/drums", 1.0, 1.0),
        StemPart("bass", "s2", "s2/bass", 1.2, 0.8),
    )
    return Mashup.from_recipe(
        Recipe(
            "r",
            "a",
            0,
            SR,
            SR,
            6 * SR,
            parts,
            normalize="peak",
            level=1.0,
        ),
        source_store,
    )


def test_missing_stems_are_not_in_library(library):
    assert len(library.paths) == len(library.songs) == len(library.sources) == 9


def test_stems_of_mashup_are_found(library, mashup):
    first, second, *others = library.find(mashup)
    assert {(first.path, first.song), (second.path, second.song)} == {
        ("s1/drums", "s1"),
        ("s2/bass", "s2"),
    }
    own, fast = sorted((first, second), key=lambda match: match.rate)
    # rtol, atol: tolerances of the correlation, 0.1 % and 900 samples.
    np.testing.assert_allclose([own.rate, fast.rate], [1.0, 1.2], rtol=1e-3)
    np.testing.assert_allclose([own.start, fast.start], [1.0, 1.2], rtol=0, atol=900 / SR)
    assert second.correlation > 0.4 > 0.2 > max(match.correlation for match in others)


def test_excluded_songs_are_not_found(library, mashup):
    matches = library.find(mashup, without={"s1", "s2"})
    assert {match.song for match in matches} <= {"s0", "s3", "s4"}
    assert max(match.correlation for match in matches) < 0.2


def test_silence_has_no_matches(library):
    assert library.find(np.zeros(6 * SR, np.float32)) == []
