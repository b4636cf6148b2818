"""Running median against SciPy's."""

import numpy as np
import pytest
import scipy.ndimage

from stemstack.features.kernels.median import running_median


@pytest.mark.parametrize("shape", [(128, 700), (17, 33), (18, 64), (5, 3), (1, 1)])
def test_running_median_equals_scipy(shape):
    rows = np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)
    expected = scipy.ndimage.median_filter(rows, size=(17, 1), mode="reflect")
    np.testing.assert_array_equal(running_median(rows), expected)
    np.testing.assert_array_equal(running_median(np.asfortranarray(rows)), expected)
