"""Backbones of timm as embeddings: the numbers of EffNetEmbedding, crops by hop, no hub."""

import numpy as np
import pytest
from sklearn.base import clone

from stemstack.exceptions import UsageError
from stemstack.models import AudioEmbedding, EffNetEmbedding
from stemstack.models.deep.backbones import pretrained
from stemstack.models.deep.embeddings.networks import load_network

torch = pytest.importorskip("torch", reason="needs the deep extra")
pytest.importorskip("timm", reason="needs the deep extra")
CPU = torch.device("cpu")


@pytest.fixture
def noises():
    rng = np.random.default_rng(0)
    return [rng.standard_normal(n).astype(np.float32) / 9 for n in (22050 * 12, 5000)]


def test_numbers_are_those_of_effnet_embedding(noises, tmp_path):
    embedding = AudioEmbedding("timm:cnn_tiny", pool="mean", device="cpu", cache=tmp_path)
    expected = EffNetEmbedding("cnn_tiny", device="cpu", random_state=0).fit_transform(noises)
    table = embedding.fit_transform(noises)
    # rtol: the mean over crops in float32; atol: features near 0.
    np.testing.assert_allclose(table.to_numpy(), expected, rtol=1e-4, atol=1e-6)
    assert table.columns[0] == "cnn_tiny_0000_mean"
    np.testing.assert_array_equal(clone(embedding).fit_transform(noises), table)


def test_crops_follow_the_hop(noises):
    network = load_network("timm:cnn_tiny")
    crops = network.activations(noises[0], "last", 1.0, CPU)
    # A clip of 12 s holds three crops of 10 s that begin 1 s, 22 frames, apart.
    assert crops.shape == (3, 32)
    estimator = EffNetEmbedding("cnn_tiny", device="cpu", random_state=0).load()
    log_mel = estimator.mel_settings().compute(noises[0])
    width = estimator.inference_config().width
    second = np.ascontiguousarray(log_mel[None, None, :, 22 : 22 + width], dtype=np.float32)
    with torch.inference_mode():
        expected = estimator._fitted_net()[:-1](torch.from_numpy(second))[0]
    # rtol, atol: a batch of three is summed in another order.
    np.testing.assert_allclose(crops[1], expected, rtol=1e-4, atol=1e-6)
    assert len(network.activations(noises[1], "last", 1.0, CPU)) == 1


def test_loaded_backbone_asks_no_hub(monkeypatch):
    monkeypatch.setattr(pretrained, "_hub_answers", lambda repository: pytest.fail("asked"))
    with pytest.raises(UsageError, match="of resnet18 are not in the local cache"):
        load_network("timm:resnet18", local_files_only=True)
    with pytest.raises(UsageError, match="Unknown backbone 'efficientnet_b00'; did you mean"):
        load_network("timm:efficientnet_b00", local_files_only=True)
    with pytest.raises(UsageError, match="expected a model of timm"):
        load_network("timm:ast")
