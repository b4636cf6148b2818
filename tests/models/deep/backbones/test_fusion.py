import copy

import pytest
import torch

from stemstack.models.deep.backbones.fusion import fuse_conv_bn
from stemstack.models.deep.backbones.networks import build_net
from stemstack.models.deep.backbones.pretrained import PretrainedSource


def make_net(name, **options):
    """A network whose batch norms have other statistics and weights than the initial ones."""
    torch.manual_seed(0)
    net = build_net(PretrainedSource(name, "none"), 3, **options)
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.running_mean.normal_(0, 0.3)
                layer.running_var.uniform_(0.5, 2)
                layer.weight.uniform_(0.5, 2)
                layer.bias.normal_(0, 0.3)
    return net.eval()


def count_norms(net):
    return sum(isinstance(layer, torch.nn.BatchNorm2d) for layer in net.modules())


@pytest.mark.parametrize("name", ["cnn_tiny", "mobilenetv3_small_050", "resnet10t"])
def test_fused_network_predicts_the_same_without_norms(name):
    net = make_net(name, pool="gem", n_bands=32)
    before = copy.deepcopy(net.state_dict())
    fused = fuse_conv_bn(net)
    log_mels = torch.randn(4, 1, 32, 70)
    with torch.inference_mode():
        # float32, with one multiplication less per cell and layer.
        torch.testing.assert_close(fused(log_mels), net(log_mels), rtol=1e-3, atol=1e-4)
    assert count_norms(net) > 0
    assert count_norms(fused) == 0
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key])


def test_branching_convolution_is_not_fused():
    class Branching(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(1, 2, 3)
            self.norm = torch.nn.BatchNorm2d(2)

        def forward(self, batch):
            maps = self.conv(batch)
            return maps + self.norm(maps)

    net = make_net("cnn_tiny")
    net.backbone = Branching().eval()
    net.backbone.norm.running_mean.fill_(3.0)
    assert fuse_conv_bn(net) is net


def test_network_without_norms_is_returned():
    net = make_net("cnn_tiny")
    net.backbone = torch.nn.Conv2d(1, 2, 3)
    assert fuse_conv_bn(net) is net


def test_random_state_is_not_changed():
    net, state = make_net("cnn_tiny"), torch.get_rng_state()
    fuse_conv_bn(net)
    assert torch.equal(torch.get_rng_state(), state)
