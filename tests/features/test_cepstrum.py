"""MFCC and deltas of rows with known answers."""

import numpy as np
import pytest

from stemstack.features.cepstrum import delta, mel_cepstrum


def test_flat_bands_have_only_a_zeroth_coefficient():
    rows = mel_cepstrum(np.full((128, 3), -20, np.float32))
    # Orthonormal: the mean times sqrt(128). Rounding is 1e-7 of 20 dB times 128 terms.
    np.testing.assert_allclose(rows[0], -20 * np.sqrt(128), rtol=1e-6)
    np.testing.assert_allclose(rows[1:], 0, atol=1e-3)


@pytest.mark.parametrize("n_frames", [9, 10, 40])
def test_slope_and_curvature_of_a_parabola(n_frames):
    time = np.arange(n_frames)
    line = (3 + 0.5 * time)[None].astype(np.float32)
    parabola = (0.25 * time**2)[None].astype(np.float32)
    # Exact but for float32.
    np.testing.assert_allclose(delta(line, 1), 0.5, rtol=1e-5)
    np.testing.assert_allclose(delta(parabola, 2), 0.5, rtol=1e-4)


@pytest.mark.parametrize("n_frames", [1, 8])
def test_short_rows_keep_their_length(n_frames):
    rows = np.ones((2, n_frames), np.float32)
    assert delta(rows, 1).shape == rows.shape
    # Constant rows have no slope; rounding of sums of ones.
    np.testing.assert_allclose(delta(rows, 1), 0, atol=1e-6)
