from types import SimpleNamespace

import numpy as np
import pytest

from stemstack.models.deep.backbones.networks import build_net
from stemstack.models.deep.backbones.pretrained import PretrainedSource
from stemstack.models.deep.training.optimizer import group_by_rate, make_optimizer


def make_schedule(**changes):
    defaults = {"learning_rate": 0.1, "layer_decay": 1.0, "weight_decay": 0.0, "schedule": "cosine"}
    return SimpleNamespace(**{**defaults, **changes})


@pytest.fixture(scope="module")
def net():
    return build_net(PretrainedSource("cnn_tiny", "none"), 2)


def test_without_decay_all_weights_share_one_rate(net):
    assert list(group_by_rate(net, make_schedule())) == [0.1]


def test_layer_decay_lowers_the_rate_per_layer(net):
    groups = group_by_rate(net, make_schedule(layer_decay=0.5))
    of_weight = {id(weight): rate for rate, weights in groups.items() for weight in weights}
    assert of_weight[id(net.head.weight)] == 0.1
    for block in range(5):
        # Powers of a half are exact.
        assert of_weight[id(net.backbone[block][0].weight)] == 0.1 * 0.5 ** (5 - block)


def test_every_weight_is_in_one_group(net):
    groups = group_by_rate(net, make_schedule(layer_decay=0.5))
    grouped = [weight for weights in groups.values() for weight in weights]
    assert sorted(map(id, grouped)) == sorted(map(id, net.parameters()))


def rates_of_10_steps(net, schedule):
    optimizer, lr_scheduler = make_optimizer(net, make_schedule(schedule=schedule), 10)
    rates = []
    for _ in range(10):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        lr_scheduler.step() if len(rates) < 10 else None
    return rates


def test_cosine_schedule_falls_to_zero(net):
    # Half a cosine in closed form; torch computes it by recursion.
    expected = 0.05 * (1 + np.cos(np.pi * np.arange(10) / 10))
    np.testing.assert_allclose(rates_of_10_steps(net, "cosine"), expected, rtol=1e-6, atol=1e-9)


def test_one_cycle_schedule_rises_first(net):
    rates = rates_of_10_steps(net, "one_cycle")
    assert np.argmax(rates) == 2
    np.testing.assert_allclose(max(rates), 0.1, rtol=1e-9)
