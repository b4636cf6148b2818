import copy

import pytest
import torch

from stemstack.models.deep.backbones.fusion import fuse_conv_bn
from stemstack.models.deep.backbones.networks import build_net
from stemstack.models.deep.backbones.pretrained import PretrainedSource


def lived_in(name, **options):
    """A net whose norms have seen something: other means and scales than at birth."""
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


def norms_in(net):
    return sum(isinstance(layer, torch.nn.BatchNorm2d) for layer in net.modules())


@pytest.mark.parametrize("name", ["cnn_tiny", "mobilenetv3_small_050", "resnet10t"])
def test_a_folded_net_says_the_same_without_norms(name):
    net = lived_in(name, pool="gem", n_bands=32)
    before = copy.deepcopy(net.state_dict())
    folded = fuse_conv_bn(net)
    pictures = torch.randn(4, 1, 32, 70)
    with torch.inference_mode():
        # float32, one multiplication less a cell and layer.
        torch.testing.assert_close(folded(pictures), net(pictures), rtol=1e-3, atol=1e-4)
    assert norms_in(net) > 0
    assert norms_in(folded) == 0
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key])


def test_a_convolution_that_feeds_more_than_its_norm_is_left_alone():
    class Branching(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(1, 2, 3)
            self.norm = torch.nn.BatchNorm2d(2)

        def forward(self, batch):
            maps = self.conv(batch)
            return maps + self.norm(maps)

    net = lived_in("cnn_tiny")
    net.backbone = Branching().eval()
    net.backbone.norm.running_mean.fill_(3.0)
    assert fuse_conv_bn(net) is net


def test_a_net_without_norms_is_itself():
    net = lived_in("cnn_tiny")
    net.backbone = torch.nn.Conv2d(1, 2, 3)
    assert fuse_conv_bn(net) is net


def test_no_random_number_is_drawn():
    net, state = lived_in("cnn_tiny"), torch.get_rng_state()
    fuse_conv_bn(net)
    assert torch.equal(torch.get_rng_state(), state)
