import pytest
import torch

from stemstack.exceptions import UsageError
from stemstack.models import make_model, resolve_auto
from stemstack.models.deep.backbones.networks import build_net, count_channels
from stemstack.models.deep.backbones.pretrained import PretrainedSource


@pytest.mark.parametrize("backbone", ["vit_tiny_patch16_224", "mambaout_femto"])
def test_backbone_without_feature_maps_is_rejected(backbone):
    with pytest.raises(UsageError, match="not convolutional with channels first"):
        build_net(PretrainedSource(backbone, "none"), 2)


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenetv3_small_050", "regnetx_002"])
def test_network_without_head_returns_the_embedding(backbone):
    net = build_net(PretrainedSource(backbone, "none"), 0).eval()
    log_mels = torch.randn(2, 1, 64, 80)
    with torch.inference_mode():
        maps, embedding = net.backbone(log_mels), net(log_mels)
    assert embedding.shape == (2, count_channels(net.backbone))
    # float32 means over the cells of a map.
    torch.testing.assert_close(embedding, maps.mean((2, 3)), rtol=1e-4, atol=1e-5)


def test_small_cnn_has_6_million_parameters():
    net = build_net(PretrainedSource("cnn", "none"), 0)
    assert 5.5e6 < sum(weight.numel() for weight in net.parameters()) < 6.5e6
    with torch.inference_mode():
        assert net.backbone(torch.zeros(1, 1, 64, 33)).shape == (1, 576, 2, 2)


def test_resolve_auto_rejects_other_weights(tmp_path):
    torch.save({"conv.weight": torch.zeros(1)}, tmp_path / "other.pth")
    net = make_model(f"effnet:resnet18(weights={tmp_path / 'other.pth'})")
    with pytest.raises(UsageError, match="only 0 of the"):
        resolve_auto(net)
    torch.save({0: torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(UsageError, match="cannot be read as weights"):
        resolve_auto(net)
