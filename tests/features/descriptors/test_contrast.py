"""Contrast of spectra with known peaks and valleys."""

import numpy as np
import pytest

from stemstack.features.descriptors.contrast import compute_contrast, contrast_bands


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
