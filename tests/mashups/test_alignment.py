"""Correlations of waveforms whose share in a sum is known."""

import numpy as np
import pytest
import soxr

from stemstack.mashups.alignment import align, thin

SR = 22050


@pytest.fixture(scope="module")
def noises():
    """Four independent stems of white noise, 10 s, equally loud."""
    return np.random.default_rng(0).standard_normal((4, 10 * SR)).astype(np.float32)


def test_a_stem_correlates_with_itself(noises):
    stem = thin(noises[0])
    # atol: float32, and one interpolation.
    np.testing.assert_allclose(align(stem, stem, 1.0, 0.0), 1.0, rtol=0, atol=1e-3)


@pytest.mark.parametrize("n", [2, 4])
def test_one_of_n_correlates_by_its_share(noises, n):
    mix = noises[:n].sum(axis=0)
    # atol: the mean of 27 chunks of 2,048 samples is as exact as 1 / √55,000 = 0.004.
    np.testing.assert_allclose(
        align(thin(mix), thin(noises[0]), 1.0, 0.0), n**-0.5, rtol=0, atol=0.02
    )


def test_another_stem_does_not(noises):
    assert align(thin(noises[0]), thin(noises[1]), 1.0, 0.0) < 0.05


def test_a_guess_a_little_off_is_mended(random_notes):
    stem = random_notes(0, 12.0)
    clip = thin(soxr.resample(stem, 1.1, 1.0)[SR : 9 * SR])
    exact = align(clip, thin(stem), 1.1, 1.1 * SR)
    near = align(clip, thin(stem), 1.1 * 1.0002, 1.1 * SR + 300)
    assert exact > 0.9
    # atol: within a chunk the guess holds, a fifth of a sample off at its ends.
    np.testing.assert_allclose(near, exact, rtol=0, atol=0.05)


def test_the_wrong_place_is_not(random_notes):
    stem = random_notes(0, 12.0)
    assert align(thin(stem[: 6 * SR]), thin(stem), 1.0, 3.0 * SR) < 0.3


def test_a_clip_of_minutes_is_aligned(noises):
    stem = thin(np.tile(noises[0], 16))
    # atol: as above.
    np.testing.assert_allclose(align(stem, stem, 1.0, 0.0), 1.0, rtol=0, atol=1e-3)


@pytest.mark.parametrize("length", [10, 4 * 2047])
def test_a_clip_shorter_than_a_chunk_tells_nothing(noises, length):
    assert align(thin(noises[0][:length]), thin(noises[0]), 1.0, 0.0) == 0.0


def test_silence_correlates_with_nothing(noises):
    silence = np.zeros(10 * SR, np.float32)
    assert align(thin(silence), thin(noises[0]), 1.0, 0.0) == 0.0
    assert align(thin(noises[0]), thin(silence), 1.0, 0.0) == 0.0
    assert align(thin(noises[0]), thin(noises[0]), 1.0, 30.0 * SR) == 0.0
