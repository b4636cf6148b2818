"""Means of the smallest and largest values against a sort."""

import numpy as np
import pytest

from stemstack.features.kernels.extremes import mean_extremes


@pytest.mark.parametrize("n_extreme", [1, 7, 8, 9, 20])
@pytest.mark.parametrize("shape", [(100, 300), (24, 64), (20, 3), (23, 65)])
def test_extremes_equal_those_of_a_sort(n_extreme, shape):
    rows = np.random.default_rng(0).standard_normal(shape).astype(np.float32) ** 2
    smallest, largest = mean_extremes(rows, n_extreme)
    ordered = np.sort(rows.astype(float), axis=0)
    # Sums of up to twenty float64.
    np.testing.assert_allclose(smallest, ordered[:n_extreme].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(largest, ordered[-n_extreme:].mean(axis=0), rtol=1e-12)


def test_equal_values_have_equal_extremes():
    smallest, largest = mean_extremes(np.full((30, 70), 0.5, np.float32), 9)
    assert (smallest == 0.5).all()
    assert (largest == 0.5).all()
