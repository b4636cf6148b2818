"""Non-negative least squares: weights that were put in come out."""

import numpy as np
import pytest

from stemstack.exceptions import DataError
from stemstack.stacking.blending import NonNegativeBlend


def test_finds_the_weights_of_a_truth_that_is_a_mixture():
    """Models that are perfect on disjoint shares of the clips, and flat elsewhere."""
    y = np.arange(300) % 3
    truth, flat = np.eye(3)[y], np.full((300, 3), 1 / 3)
    first = np.where(np.arange(300)[:, None] < 200, truth, flat)
    second = np.where(np.arange(300)[:, None] < 200, flat, truth)
    A, b = np.c_[first.ravel(), second.ravel()], truth.ravel()
    expected = np.linalg.lstsq(A, b)[0]
    assert expected.min() > 0  # So the bound is not at work and the closed form holds.
    found = NonNegativeBlend().fit(np.hstack([first, second]), y).weights_
    # rtol: two solvers of one well-posed problem.
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-9)


def test_a_model_that_says_the_contrary_gets_nothing():
    y = np.arange(90) % 3
    right, wrong = 0.4 * np.eye(3)[y] + 0.2, 0.4 * np.eye(3)[(y + 1) % 3] + 0.2
    weights = NonNegativeBlend().fit(np.hstack([right, wrong]), y).weights_
    assert weights.tolist() == [1.0, 0.0]


def test_columns_in_another_order_are_noticed():
    y = np.arange(90) % 3
    with pytest.raises(DataError, match="the order of the sorted classes"):
        NonNegativeBlend().fit(np.eye(3)[(y + 1) % 3], y)
