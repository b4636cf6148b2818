"""Contrast of spectra with known peaks and valleys."""

import numpy as np
import pytest

from stemstack.features.descriptors.contrast import compute_contrast, contrast_bands, mean_extremes


def test_extremes_equal_those_of_a_sort():
    band = np.random.default_rng(0).standard_normal((100, 300)).astype(np.float32) ** 2
    valley, peak = mean_extremes(band, 7)
    ordered = np.sort(band.astype(float), axis=0)
    # Sums of seven float64.
    np.testing.assert_allclose(valley, ordered[:7].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(peak, ordered[-7:].mean(axis=0), rtol=1e-12)


def test_contrast_is_level_of_peaks_over_valleys():
    magnitude = np.full((1025, 3), 0.01, np.float32)
    for start, stop, keep in contrast_bands(22050, 1025):
        magnitude[(start + stop) // 2 : (start + stop) // 2 + keep] = 1.0
    # A factor of 100, taken as a power: 20 dB.
    np.testing.assert_allclose(compute_contrast(magnitude, 22050), 20.0, rtol=1e-6)


@pytest.mark.parametrize("sr", [2000, 8000, 12800, 12801, 22050, 48000])
def test_bands_fit_every_rate(sr):
    bands = contrast_bands(sr, 1025)
    assert len(bands) == 7
    assert all(start + keep <= stop for start, stop, keep in bands)
    assert bands[-1][1] == 1025
