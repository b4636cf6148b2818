"""Products of banded matrices against those of full ones."""

import numpy as np
import pytest

from stemstack.features.kernels.banded import banded_matmul, banded_matrix


@pytest.mark.parametrize("shape", [(30, 40), (3, 5), (1, 1025), (12, 16)])
@pytest.mark.parametrize("n_frames", [1, 600])
def test_product_equals_that_of_the_full_matrix(shape, n_frames):
    rng = np.random.default_rng(0)
    # Up to ten columns from the diagonal on, and the last.
    weights = np.triu(np.tril(rng.random(shape), 9)).astype(np.float32)
    weights[:, -1] = 1
    if len(weights) > 1:
        weights[len(weights) // 2] = 0
    rows = rng.random((shape[1], n_frames)).astype(np.float32)
    matrix = banded_matrix(weights)
    # Sums of up to eleven float32; without BLAS, some of which warn of NaN that are not there.
    for squared, power in ((False, 1), (True, 2)):
        product = banded_matmul(matrix, rows, squared=squared)
        expected = np.einsum("ij,jt->it", weights.astype(float), rows.astype(float) ** power)
        np.testing.assert_allclose(product, expected, rtol=1e-5)


def test_rows_of_another_height_raise():
    matrix = banded_matrix(np.ones((2, 5), np.float32))
    with pytest.raises(ValueError, match="has 5 columns"):
        banded_matmul(matrix, np.ones((6, 3), np.float32))
