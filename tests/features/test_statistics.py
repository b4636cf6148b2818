"""Statistics against NumPy's and SciPy's."""

import numpy as np
import pytest
from reference import reference_statistics

from stemstack.features import STATISTICS
from stemstack.features.statistics import compute_statistics, quantile


@pytest.mark.parametrize("n_frames", [2, 3, 8, 9, 1292])
def test_equal_to_numpy_and_scipy(n_frames):
    rng = np.random.default_rng(n_frames)
    rows = np.stack(
        [
            rng.standard_normal(n_frames),
            rng.exponential(size=n_frames) - 50,
            rng.integers(-2, 2, n_frames),
        ]
    ).astype(np.float32)
    # Both in float64; moments of the shifted row lose some digits.
    np.testing.assert_allclose(
        compute_statistics(rows), reference_statistics(rows.astype(float)), rtol=1e-7, atol=1e-9
    )


@pytest.mark.parametrize("value", [0.0, -80.0, 0.1])
def test_constant_row_has_zero_skew_and_kurtosis(value):
    found = dict(
        zip(STATISTICS, compute_statistics(np.full((1, 500), value, np.float32))[0], strict=True)
    )
    assert found["skew"] == found["kurtosis"] == 0
    # The mean of 500 equal float64 is that value to rounding.
    np.testing.assert_allclose(
        [found["mean"], found["min"], found["max"], found["median"]], np.float32(value), rtol=1e-12
    )
    assert found["std"] < 1e-7


def test_one_frame_is_enough():
    assert compute_statistics(np.array([[3.0]], np.float32)).tolist() == [[3, 0, 3, 3, 3, 0, 0]]


@pytest.mark.parametrize("n_frames", [1, 2, 11, 12, 1292])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_quantile_equals_numpy(n_frames, share):
    rng = np.random.default_rng(n_frames)
    rows = np.stack([rng.standard_normal(n_frames), rng.integers(-2, 2, n_frames)])
    rows = rows.astype(np.float32)
    expected = np.quantile(rows.astype(float), share, axis=1)
    # Both interpolate in float64.
    np.testing.assert_allclose(quantile(rows, share), expected, rtol=1e-12, atol=1e-12)
