"""log_mel against librosa and against the family computed by kernels."""

import librosa
import numpy as np
import pytest
from signals import music_like

from stemstack.features import log_mel
from stemstack.features.analysis import Analysis
from stemstack.features.kernels import combine

CLIP = music_like(seconds=1.0)


@pytest.mark.parametrize(
    ("n_fft", "hop_length", "n_mels"), [(2048, 512, 128), (1024, 320, 64), (400, 160, 40)]
)
def test_equals_librosa(n_fft, hop_length, n_mels):
    mel = librosa.feature.melspectrogram(
        y=CLIP, sr=22050, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels
    )
    found = log_mel(CLIP, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels)
    # Float32 powers, in dB: 1e-7 times 100 dB.
    np.testing.assert_allclose(found, librosa.power_to_db(mel), atol=1e-4)


def test_equals_the_family():
    np.testing.assert_allclose(log_mel(CLIP), Analysis(CLIP, 22050).logmel, atol=1e-4)


def test_combine_is_a_matrix_product():
    rng = np.random.default_rng(0)
    weights = np.triu(np.tril(rng.random((30, 40)), 9)).astype(np.float32)
    rows = rng.random((40, 300)).astype(np.float32)
    # Sums of up to ten float32.
    np.testing.assert_allclose(combine(weights, rows), weights @ rows, rtol=1e-5)
