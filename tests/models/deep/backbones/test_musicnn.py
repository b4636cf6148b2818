"""musicnn as a backbone that is trained further."""

import numpy as np
import pytest

from stemstack.exceptions import UsageError
from stemstack.models import load_model, make_model, save_model
from stemstack.models.deep.backbones.musicnn import MusicnnSettings, build_musicnn
from stemstack.models.deep.embeddings.musicnn import (
    MEL,
    MusicnnNetwork,
    find_package,
    log_spectrogram,
)  # fmt: skip

torch = pytest.importorskip("torch", reason="needs the deep extra")


@pytest.fixture
def noises():
    """Six clips of noise, three of them twenty times as loud as the others."""
    rng, levels = np.random.default_rng(0), [0.01, 0.2] * 3
    return [(level * rng.standard_normal(16_000)).astype(np.float32) for level in levels]


def test_network_learns_and_is_saved(noises, tmp_path):
    model = make_model("effnet:musicnn(weights=none, epochs=1, crop_seconds=1)", random_state=0)
    soft = model.fit(noises, ["soft", "loud"] * 3).predict_proba(noises)[:, 1]
    assert soft[::2].min() > soft[1::2].max()
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(noises), model.predict_proba(noises))


def test_backbone_is_the_published_network():
    try:
        find_package()
    except UsageError as error:
        pytest.skip(str(error))
    clip = np.sin(np.arange(48_000, dtype=np.float32))
    backbone = build_musicnn("package").eval()
    with torch.no_grad():
        features = backbone(log_spectrogram(clip)[None, None, :187].transpose(2, 3))
    expected = MusicnnNetwork().activations(clip, "penultimate", None, "cpu")
    torch.testing.assert_close(features, expected)


def test_spectrogram_has_no_standardisation():
    clip = np.sin(np.arange(16_000, dtype=np.float32))
    settings = MusicnnSettings(MEL.sr, MEL.n_fft, MEL.hop_length, MEL.n_mels)
    computed = settings.compute(clip)
    assert computed.shape == (96, 1 + 16_000 // 256) and computed.dtype == np.float16
    np.testing.assert_allclose(computed, log_spectrogram(clip).T, atol=2e-3)


def test_other_spectrograms_are_refused(noises):
    with pytest.raises(UsageError, match="musicnn needs its own spectrograms: sr=16000, n_fft=512"):
        make_model("effnet:musicnn(n_mels=64)").fit(noises, ["soft", "loud"] * 3)
