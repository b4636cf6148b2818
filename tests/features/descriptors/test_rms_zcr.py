"""Zero crossings and RMS of a sine."""

import numpy as np
from helpers.signals import sine

from stemstack.features.descriptors.rms_zcr import compute_rms, compute_zero_crossing_rate


def test_rms_of_sine_is_amplitude_over_sqrt2():
    # 1000 Hz does not fit a frame in whole periods: off by at most one period of ninety.
    np.testing.assert_allclose(compute_rms(sine(1000))[4:-4], 0.5 / np.sqrt(2), rtol=5e-3)


def test_sine_crosses_zero_twice_per_period():
    rate = compute_zero_crossing_rate(sine(1000))[4:-4]
    # One crossing in 2048 more or less.
    np.testing.assert_allclose(rate, 2 * 1000 / 22050, atol=1 / 2048)


def test_tiny_values_count_as_positive():
    clip = np.tile(np.array([1e-11, -1e-11], np.float32), 2048)
    assert not compute_zero_crossing_rate(clip).any()
