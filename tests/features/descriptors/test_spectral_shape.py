"""Spectral shape of known spectra, and the independence of robust families from gain."""

import numpy as np
import pytest
from signals import music_like

from stemstack.features import FAMILIES, Extractor
from stemstack.features.descriptors.spectral_shape import (
    compute_centroid_and_bandwidth,
    compute_entropy,
    compute_flatness,
    compute_flux,
    compute_rolloff,
    spectral_moments,
    subtract_frame_mean,
)

ROBUST = [name for name, family in FAMILIES.items() if not family.standard]

# PCEN retains a fiftieth of a gain in dB; the other families cancel it up to float32 rounding.
TOLERANCES = {"pcen": 0.15}


def test_entropy_of_flat_peaked_and_silent_frames():
    magnitude = np.zeros((1025, 4), np.float32)
    magnitude[:, 0] = 3.0
    magnitude[7, 1] = 3.0
    magnitude[[7, 9], 2] = 3.0
    # Two equal bins have an entropy of log 2; float32 logarithms.
    expected = [1, 0, np.log(2) / np.log(1025), 0]
    np.testing.assert_allclose(compute_entropy(magnitude), expected, atol=1e-7)


def test_flux_is_the_share_of_moved_energy():
    magnitude = np.zeros((1025, 4), np.float32)
    magnitude[5] = [4, 8, 1, 0]
    magnitude[9] = [0, 0, 3, 1]
    # The same shape twice as loud, then three quarters elsewhere, then the last quarter too.
    np.testing.assert_allclose(
        compute_flux(magnitude, magnitude.sum(axis=0)), [0, 0, 0.75, 0.25], rtol=1e-6
    )


def test_level_free_frames_have_mean_zero():
    log_mel = np.random.default_rng(0).normal(-40, 10, (128, 20)).astype(np.float32)
    # Float32 of values near 10.
    np.testing.assert_allclose(subtract_frame_mean(log_mel).mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("family", ROBUST)
def test_gain_does_not_change_robust_families(family):
    clip = music_like(seconds=1.0)
    extractor = Extractor(families=family, statistics=["mean", "std", "median"])
    # A power of two, exact in float32, on a clip whose decibels stay over the floor.
    tolerance = TOLERANCES.get(family, 1e-3)
    np.testing.assert_allclose(extractor(clip), extractor(clip / 4), rtol=tolerance, atol=1e-4)


BIN = 22050 / 2048


def _spectrum(**bins):
    spectrum = np.zeros((1025, 2), np.float32)
    for bin_name, value in bins.items():
        spectrum[int(bin_name[1:]), 0] = value
    return spectrum


def _centroid_and_bandwidth(**bins):
    return compute_centroid_and_bandwidth(spectral_moments(_spectrum(**bins)), BIN)


def test_one_bin_is_its_own_centroid_without_bandwidth():
    centroid, bandwidth = _centroid_and_bandwidth(b100=3.0)
    np.testing.assert_allclose(centroid, [100 * BIN, 0], rtol=1e-12)
    np.testing.assert_allclose(bandwidth, [0, 0], atol=1e-6)


def test_two_bins_are_weighted_by_magnitude():
    centroid, bandwidth = _centroid_and_bandwidth(b100=3.0, b200=1.0)
    np.testing.assert_allclose(centroid[0], 125 * BIN, rtol=1e-12)
    # Deviations 25 and 75 with weights 3/4 and 1/4.
    np.testing.assert_allclose(bandwidth[0], np.sqrt(0.75 * 25**2 + 0.25 * 75**2) * BIN, rtol=1e-9)


def test_rolloff_is_where_85_percent_is_reached():
    reached = compute_rolloff(_spectrum(b10=80.0, b20=5.0, b30=15.0), BIN)
    np.testing.assert_allclose(reached, [20 * BIN, 0])
    missed = compute_rolloff(_spectrum(b10=80.0, b20=4.9, b30=15.1), BIN)
    np.testing.assert_allclose(missed, [30 * BIN, 0])


def test_flatness_of_equal_and_of_two_level_spectra():
    level = np.where(np.arange(1025) % 2, 1e-3, 1e3).astype(np.float32)
    spectrum = np.stack([np.full(1025, 40.0, np.float32), level], axis=1)
    powers = level.astype(float) ** 2
    expected = [1.0, np.exp(np.log(powers).mean()) / powers.mean()]
    # Powers are squared in float32; products and logarithms are float64.
    np.testing.assert_allclose(compute_flatness(spectrum), expected, rtol=1e-6)


def test_flatness_of_white_noise():
    rng = np.random.default_rng(0)
    noise = np.abs(rng.standard_normal((1025, 200)) + 1j * rng.standard_normal((1025, 200)))
    # Exponential powers: geometric over arithmetic mean is exp(-gamma), 0.561.
    np.testing.assert_allclose(compute_flatness(noise.astype(np.float32)).mean(), 0.561, atol=0.005)


def test_flatness_of_extreme_powers():
    spectrum = np.stack([np.full(1025, 1e15), np.zeros(1025)], axis=1).astype(np.float32)
    np.testing.assert_allclose(compute_flatness(spectrum), [1, 1], rtol=1e-6)
