"""Modulation spectrum of levels that vary at a known rate."""

import numpy as np
import pytest

from stemstack.features.descriptors.modulation import OCTAVES, modulation_spectrum

RATE = 22050 / 512


@pytest.mark.parametrize("octave", range(5))
def test_modulation_is_in_its_octave(octave):
    time = np.arange(1292) / RATE
    levels = -40 + 6 * np.sin(2 * np.pi * 1.5 * OCTAVES[octave] * time)
    still = np.full(len(time), -40.0)
    shares = modulation_spectrum(np.stack([levels, still]).astype(np.float32), RATE).reshape(2, 6)
    expected = np.eye(6)[octave]
    # A Hann window of 6 s spreads a line over a third of a hertz: most of half an octave at 0.75.
    np.testing.assert_allclose(shares[0], expected, atol=0.15 if octave == 0 else 0.01)
    np.testing.assert_array_equal(shares[1], np.zeros(6))


@pytest.mark.parametrize("n_frames", [1, 2, 100, 255, 256])
def test_shares_of_short_clips_sum_to_one(n_frames):
    levels = np.random.default_rng(0).normal(-40, 5, (16, n_frames)).astype(np.float32)
    shares = modulation_spectrum(levels, RATE).reshape(16, 6).sum(axis=1)
    # 0 for a single frame, which cannot vary; float64 sums.
    np.testing.assert_allclose(shares, float(n_frames > 1), atol=1e-9)


def test_gain_does_not_change_shares():
    levels = np.random.default_rng(0).normal(-40, 5, (2, 600)).astype(np.float32)
    # 6 dB are not exact in float32 at 40.
    louder = modulation_spectrum(levels + np.float32(6), RATE)
    np.testing.assert_allclose(louder, modulation_spectrum(levels, RATE), rtol=1e-4)
