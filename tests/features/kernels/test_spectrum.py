"""Magnitude spectrogram: known spectra, then NumPy's."""

import numpy as np
import pytest
import scipy.signal

from stemstack.features.kernels.spectrum import count_frames, magnitude_spectrogram

WINDOW = scipy.signal.get_window("hann", 2048)


def test_click_has_a_flat_spectrum():
    clip = np.zeros(4096, np.float32)
    clip[2048] = 0.5
    magnitude = magnitude_spectrogram(clip)
    # Frame 4 is centred on the click, where the window is 1: exact up to float32.
    np.testing.assert_allclose(magnitude[:, 4], 0.5, rtol=1e-6)
    assert not magnitude[:, 0].any()


def test_sine_on_a_bin_fills_three_bins():
    clip = np.cos(2 * np.pi * 100 / 2048 * np.arange(8192)).astype(np.float32)
    frame = magnitude_spectrogram(clip)[:, 8]
    # The three coefficients of the Hann window, times half the frame.
    np.testing.assert_allclose(frame[99:102], [256, 512, 256], rtol=1e-5)
    # The rest is rounding of float32 samples, 1e-7 of the peak.
    assert np.delete(frame, [99, 100, 101]).max() < 1e-3


@pytest.mark.parametrize(
    ("precision", "tolerance"),
    # Relative to the frame's loudest bin: the result is float32, so is the "fast" transform.
    [("librosa", 1e-7), ("fast", 1e-6)],
)
@pytest.mark.parametrize("n_samples", [1, 511, 512, 2047, 8191, 8192, 66000, 70001])
def test_magnitudes_equal_numpy(precision, tolerance, n_samples):
    clip = np.random.default_rng(n_samples).standard_normal(n_samples).astype(np.float32)
    padded = np.pad(clip.astype(float), 1024)
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2048)[::512]
    expected = np.abs(np.fft.rfft(frames * WINDOW, axis=1)).T
    found = magnitude_spectrogram(clip, precision)
    assert found.shape == (1025, count_frames(n_samples))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * expected.max())


def test_strided_clip_equals_contiguous_clip():
    clip = np.random.default_rng(0).standard_normal(10000).astype(np.float32)
    strided = np.repeat(clip, 2)[::2]
    np.testing.assert_array_equal(magnitude_spectrogram(strided), magnitude_spectrogram(clip))
