"""Octave energies of tones; texture windows against pandas."""

import numpy as np
import pandas as pd
import pytest
from helpers.signals import sine

from stemstack.features import FAMILIES, ClipDescriptors
from stemstack.features.descriptors.mel import power_to_db
from stemstack.features.descriptors.octaves import compute_texture, octave_powers, octave_shares


@pytest.mark.parametrize(
    ("frequency", "octave"), [(60, 0), (150, 1), (300, 2), (5000, 6), (8e3, 7)]
)
def test_tone_is_in_its_octave(frequency, octave):
    shares = FAMILIES["octaves"](ClipDescriptors(sine(frequency), 22050))[:, 10:-10]
    # The side lobes of the window are some 30 dB lower in the neighbouring octaves.
    assert (shares[octave] > -0.05).all()
    assert (np.delete(shares, octave, axis=0) < -20).all()


@pytest.mark.parametrize("sr", [8000, 22050, 48000])
def test_octaves_sum_to_total_power(sr):
    magnitude = np.random.default_rng(0).uniform(0, 1, (1025, 7)).astype(np.float32)
    # Float32 sums of a thousand.
    total = octave_powers(magnitude, sr / 2048).sum(axis=0)
    np.testing.assert_allclose(total, (magnitude**2).sum(axis=0), rtol=1e-5)


def test_silence_has_zero_shares():
    np.testing.assert_array_equal(octave_shares(np.zeros((8, 3), np.float32)), np.zeros((8, 3)))


def test_texture_equals_rolling_deviation():
    octaves = np.random.default_rng(0).uniform(0.1, 10, (8, 100)).astype(np.float32)
    levels = pd.DataFrame(power_to_db(octaves).T.astype(float))
    rows = compute_texture(octaves, 10.0)
    steps = levels.diff().fillna(0.0)
    for part, table in ((rows[:8], levels), (rows[8:], steps)):
        expected = table.rolling(10).std(ddof=0).iloc[9::5].T
        # pandas updates its sums as the window slides.
        np.testing.assert_allclose(part, expected, rtol=1e-6)


def test_short_clip_is_one_texture_window():
    octaves = np.random.default_rng(0).uniform(0.1, 10, (8, 4)).astype(np.float32)
    levels = power_to_db(octaves).astype(float)
    steps = np.diff(levels, axis=1, prepend=levels[:, :1])
    expected = np.concatenate([levels, steps]).std(axis=1, keepdims=True)
    np.testing.assert_allclose(compute_texture(octaves, 43.0), expected, rtol=1e-12)
