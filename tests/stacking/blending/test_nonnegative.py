"""Non-negative least squares finds the weights of a known mixture."""

import numpy as np
import pytest

from stemstack.exceptions import DataError
from stemstack.stacking.blending import NonNegativeBlend


def test_weights_equal_unconstrained_least_squares():
    """Two models that are perfect on disjoint clips, and uniform on the others."""
    y = np.arange(300) % 3
    one_hot, uniform = np.eye(3)[y], np.full((300, 3), 1 / 3)
    first = np.where(np.arange(300)[:, None] < 200, one_hot, uniform)
    second = np.where(np.arange(300)[:, None] < 200, uniform, one_hot)
    A, b = np.c_[first.ravel(), second.ravel()], one_hot.ravel()
    expected = np.linalg.lstsq(A, b, rcond=None)[0]
    assert expected.min() > 0  # So the bound is inactive and the closed form holds.
    weights = NonNegativeBlend().fit(np.hstack([first, second]), y).weights_
    # rtol: two solvers of one well-posed problem.
    np.testing.assert_allclose(weights, expected / expected.sum(), rtol=1e-9)


def test_opposite_model_gets_no_weight():
    y = np.arange(90) % 3
    right, wrong = 0.4 * np.eye(3)[y] + 0.2, 0.4 * np.eye(3)[(y + 1) % 3] + 0.2
    weights = NonNegativeBlend().fit(np.hstack([right, wrong]), y).weights_
    assert weights.tolist() == [1.0, 0.0]


def test_columns_in_wrong_order_are_refused():
    y = np.arange(90) % 3
    with pytest.raises(DataError, match="the order of the sorted classes"):
        NonNegativeBlend().fit(np.eye(3)[(y + 1) % 3], y)
