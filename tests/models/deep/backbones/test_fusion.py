import copy

import numpy as np
import pytest
import torch
from helpers.nets import SMALL_NET, tones_and_noise
from scipy.special import softmax

from stemstack.models import EffNetClassifier
from stemstack.models.deep.backbones.fusion import fuse_conv_bn
from stemstack.models.deep.backbones.networks import build_net
from stemstack.models.deep.backbones.pretrained import PretrainedSource
from stemstack.models.deep.data.log_mel import load_log_mels
from stemstack.models.deep.inference import predict_outputs
from stemstack.models.deep.persistence import unpack_net


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


@pytest.mark.parametrize("backbone", ["cnn_tiny", "resnet10t", "test_efficientnet"])
def test_fused_estimator_predicts_equal_probabilities(backbone):
    params = {**SMALL_NET, "backbone": backbone, "weights": "none", "epochs": 8}
    clips, labels = tones_and_noise(24)
    model = EffNetClassifier(**params, learning_rate=0.01).fit(clips, labels)
    proba = model.predict_proba(clips)
    net = unpack_net(model.backbone_, model.state_)
    assert count_norms(net) > 0
    log_mels = load_log_mels(clips, model.mel_settings(), device="cpu")
    device = torch.device("cpu")
    logits = predict_outputs(net, log_mels, model.inference_config(), device=device)
    # float32 in another order.
    np.testing.assert_allclose(proba, softmax(logits, axis=1), rtol=0, atol=1e-5)
    assert np.ptp(proba[:, 0]) > 1e-3


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
