"""The robust families on spectra made by hand, and their indifference to gain."""

import numpy as np
import pytest
from signals import music_like

from stemstack.features import FAMILIES, Extractor
from stemstack.features.robust import level_free, spectral_entropy, spectral_flux

ROBUST = [name for name, family in FAMILIES.items() if not family.standard]

# PCEN keeps a fiftieth of a gain's exponent; the rest cancel it up to float32's rounding.
TOLERANCES = {"pcen": 0.15}


def test_entropy_of_flat_peaked_and_silent_frames():
    magnitude = np.zeros((1025, 4), np.float32)
    magnitude[:, 0] = 3.0
    magnitude[7, 1] = 3.0
    magnitude[[7, 9], 2] = 3.0
    # Two equal bins have an entropy of log 2; float32 logarithms.
    expected = [1, 0, np.log(2) / np.log(1025), 0]
    np.testing.assert_allclose(spectral_entropy(magnitude), expected, atol=1e-7)


def test_flux_is_the_share_of_energy_that_moved():
    magnitude = np.zeros((1025, 4), np.float32)
    magnitude[5] = [4, 8, 1, 0]
    magnitude[9] = [0, 0, 3, 1]
    # The same shape twice as loud, then three quarters elsewhere, then the last quarter too.
    np.testing.assert_allclose(spectral_flux(magnitude), [0, 0, 0.75, 0.25], rtol=1e-6)


def test_level_free_frames_have_mean_zero():
    rows = level_free(np.random.default_rng(0).normal(-40, 10, (128, 20)).astype(np.float32))
    # Float32 of values near 10.
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("family", ROBUST)
def test_gain_changes_nothing(family):
    clip = music_like(seconds=1.0)
    extractor = Extractor(families=family, statistics=["mean", "std", "median"])
    # A power of two, exact in float32, on a clip whose decibels stay over the floor.
    tolerance = TOLERANCES.get(family, 1e-3)
    np.testing.assert_allclose(extractor(clip), extractor(clip / 4), rtol=tolerance, atol=1e-4)
