"""Decibel conversions at known ratios."""

import numpy as np
import pytest

from stemstack.audio import levels


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
