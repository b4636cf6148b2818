"""Nets are built of what gives maps of channels, and of nothing else."""

import pytest

from stemstack.exceptions import UsageError
from stemstack.models import make_model, resolve_auto
from stemstack.models.deep.backbones.networks import build_net
from stemstack.models.deep.backbones.pretrained import PretrainedSource


@pytest.mark.parametrize("backbone", ["vit_tiny_patch16_224", "mambaout_femto"])
def test_a_backbone_without_maps_of_channels_is_refused(backbone):
    with pytest.raises(UsageError, match="not convolutional with channels first"):
        build_net(PretrainedSource(backbone, "none"), 2)


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenetv3_small_050", "regnetx_002"])
def test_others_give_their_features(backbone):
    assert build_net(PretrainedSource(backbone, "none"), 0).head.__class__.__name__ == "Identity"


def test_weights_of_another_backbone_stop_a_run_at_its_start(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"conv.weight": torch.zeros(1)}, tmp_path / "other.pth")
    net = make_model(f"effnet:resnet18(weights={tmp_path / 'other.pth'})")
    with pytest.raises(UsageError, match="only 0 of the"):
        resolve_auto(net)
    torch.save({0: torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(UsageError, match="cannot be read as weights"):
        resolve_auto(net)
