"""Centroid, bandwidth, rolloff and flatness of spectra made by hand."""

import numpy as np

from stemstack.features.shape import centroid_and_bandwidth, flatness, rolloff

BIN = 22050 / 2048


def _spectrum(**bins):
    spectrum = np.zeros((1025, 2), np.float32)
    for bin_name, value in bins.items():
        spectrum[int(bin_name[1:]), 0] = value
    return spectrum


def test_one_bin_is_its_own_centroid_without_bandwidth():
    centroid, bandwidth = centroid_and_bandwidth(_spectrum(b100=3.0), BIN)
    np.testing.assert_allclose(centroid, [100 * BIN, 0], rtol=1e-12)
    np.testing.assert_allclose(bandwidth, [0, 0], atol=1e-6)


def test_two_bins_are_weighed_by_magnitude():
    centroid, bandwidth = centroid_and_bandwidth(_spectrum(b100=3.0, b200=1.0), BIN)
    np.testing.assert_allclose(centroid[0], 125 * BIN, rtol=1e-12)
    # Deviations 25 and 75 with weights 3/4 and 1/4.
    np.testing.assert_allclose(bandwidth[0], np.sqrt(0.75 * 25**2 + 0.25 * 75**2) * BIN, rtol=1e-9)


def test_rolloff_is_where_85_percent_is_reached():
    np.testing.assert_allclose(rolloff(_spectrum(b10=80.0, b20=5.0, b30=15.0), BIN)[0], 20 * BIN)
    np.testing.assert_allclose(rolloff(_spectrum(b10=80.0, b20=4.9, b30=15.1), BIN)[0], 30 * BIN)
    assert rolloff(_spectrum(), BIN)[1] == 0


def test_flatness_of_equal_and_of_two_level_spectra():
    level = np.where(np.arange(1025) % 2, 1e-3, 1e3).astype(np.float32)
    spectrum = np.stack([np.full(1025, 40.0, np.float32), level], axis=1)
    powers = level.astype(float) ** 2
    expected = [1.0, np.exp(np.log(powers).mean()) / powers.mean()]
    # Powers are squared in float32; products and logarithms are float64.
    np.testing.assert_allclose(flatness(spectrum), expected, rtol=1e-6)


def test_flatness_of_white_noise():
    rng = np.random.default_rng(0)
    noise = np.abs(rng.standard_normal((1025, 200)) + 1j * rng.standard_normal((1025, 200)))
    # Exponential powers: geometric over arithmetic mean is exp(-gamma), 0.561.
    np.testing.assert_allclose(flatness(noise.astype(np.float32)).mean(), 0.561, atol=0.005)


def test_flatness_holds_the_loudest_and_the_faintest_powers():
    spectrum = np.stack([np.full(1025, 1e15), np.zeros(1025)], axis=1).astype(np.float32)
    np.testing.assert_allclose(flatness(spectrum), [1, 1], rtol=1e-6)
