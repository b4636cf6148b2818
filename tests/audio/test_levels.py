"""Decibel conversions at known ratios."""

import numpy as np
import pyloudnorm
import pytest
from helpers.signals import sine

from stemstack.audio import levels
from stemstack.audio.levels import integrated_loudness


@pytest.mark.parametrize(
    ("ratio", "amplitude_db", "power_db"), [(1, 0, 0), (10, 20, 10), (0.5, -6.0206, -3.0103)]
)
def test_decibels_of_simple_ratios(ratio, amplitude_db, power_db):
    # rtol, atol: the table has four decimals.
    np.testing.assert_allclose(levels.amplitude_to_db(ratio), amplitude_db, atol=1e-4)
    np.testing.assert_allclose(levels.power_ratio_to_db(ratio), power_db, atol=1e-4)
    np.testing.assert_allclose(levels.db_to_amplitude(amplitude_db), ratio, rtol=1e-4)
    np.testing.assert_allclose(levels.db_to_power_ratio(power_db), ratio, rtol=1e-4)


def test_arrays_are_converted_elementwise():
    decibels = levels.amplitude_to_db(np.array([1.0, 0.1]))
    # rtol, atol: rounding of log10.
    np.testing.assert_allclose(decibels, [0, -20], rtol=1e-12, atol=1e-12)


SR = 44100


@pytest.mark.parametrize("sr", [22050, 44100, 48000])
@pytest.mark.parametrize("seconds", [0.2, 3.0])
def test_calibration_tone_is_minus_three_lufs(seconds, sr):
    # BS.1770-4: 0 dBFS at 997 Hz in one channel reads -3.01 LUFS. atol: the filters are designed
    # for 48 kHz and fitted at other rates, and settle for some ms.
    assert integrated_loudness(sine(997, 1.0, seconds, sr), sr) == pytest.approx(-3.01, abs=0.1)


def test_agrees_with_pyloudnorm():
    clip = sine(997, 0.3, 3, SR) + 0.05 * np.random.default_rng(0).standard_normal(3 * SR)
    assert integrated_loudness(clip, SR) == pyloudnorm.Meter(SR).integrated_loudness(clip)


@pytest.mark.parametrize("n_samples", [2, 3, 29, 8819, 8820, 8821])
def test_gain_adds_its_decibels_at_every_length(n_samples):
    clip = np.ones(n_samples)
    # atol: rounding in float64 filters.
    difference = integrated_loudness(clip, SR) - integrated_loudness(clip / 10, SR)
    assert difference == pytest.approx(20, abs=1e-6)


@pytest.mark.parametrize("clip", [np.zeros(SR), sine(997, 1e-5, 3, SR), np.ones(1)])
def test_silence_has_minus_infinite_loudness(clip):
    assert integrated_loudness(clip, SR) == -np.inf
