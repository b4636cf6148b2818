"""MFCC and deltas of rows with known values; log-mel against librosa."""

import librosa
import numpy as np
import pytest
from signals import music_like

from stemstack.features import ClipDescriptors, log_mel
from stemstack.features.descriptors.mel import compute_delta, compute_mfcc, mel_filters

CLIP = music_like(seconds=1.0)


@pytest.mark.parametrize("sr", [1500, 8000, 22050, 48000])
@pytest.mark.parametrize(("n_fft", "n_mels"), [(2048, 128), (4096, 40)])
def test_filters_equal_librosa(sr, n_fft, n_mels):
    expected = librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels)
    # Float32, computed in the same order.
    np.testing.assert_allclose(mel_filters(sr, n_fft, n_mels), expected, rtol=1e-6)


def test_bands_between_two_bins_warn():
    with pytest.warns(UserWarning, match="Empty filters: use fewer mel bands"):
        mel_filters(22050, 256, 128)


def test_each_call_with_empty_bands_warns():
    for _ in range(2):
        with pytest.warns(UserWarning, match="Empty filters") as warned:
            log_mel(CLIP, n_fft=256)
        assert [warning.filename for warning in warned] == [__file__]


def test_flat_bands_have_only_zeroth_coefficient():
    rows = compute_mfcc(np.full((128, 3), -20, np.float32))
    # Orthonormal: the mean times sqrt(128). Rounding is 1e-7 of 20 dB times 128 terms.
    np.testing.assert_allclose(rows[0], -20 * np.sqrt(128), rtol=1e-6)
    np.testing.assert_allclose(rows[1:], 0, atol=1e-3)


@pytest.mark.parametrize("n_frames", [9, 10, 40])
def test_slope_and_curvature_of_a_parabola(n_frames):
    time = np.arange(n_frames)
    line = (3 + 0.5 * time)[None].astype(np.float32)
    parabola = (0.25 * time**2)[None].astype(np.float32)
    # Exact but for float32.
    np.testing.assert_allclose(compute_delta(line, 1), 0.5, rtol=1e-5)
    np.testing.assert_allclose(compute_delta(parabola, 2), 0.5, rtol=1e-4)


@pytest.mark.parametrize("n_frames", [1, 8])
def test_short_rows_keep_their_length(n_frames):
    rows = np.ones((2, n_frames), np.float32)
    assert compute_delta(rows, 1).shape == rows.shape
    # Constant rows have no slope; rounding of sums of ones.
    np.testing.assert_allclose(compute_delta(rows, 1), 0, atol=1e-6)


@pytest.mark.parametrize(
    ("n_fft", "hop_length", "n_mels"), [(2048, 512, 128), (1024, 320, 64), (400, 160, 40)]
)
def test_log_mel_equals_librosa(n_fft, hop_length, n_mels):
    mel = librosa.feature.melspectrogram(
        y=CLIP, sr=22050, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels
    )
    found = log_mel(CLIP, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels)
    # Float32 powers, in dB: 1e-7 times 100 dB.
    np.testing.assert_allclose(found, librosa.power_to_db(mel), atol=1e-4)


def test_log_mel_equals_the_family():
    np.testing.assert_allclose(log_mel(CLIP), ClipDescriptors(CLIP, 22050).log_mel, atol=1e-4)
