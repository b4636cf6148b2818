from types import SimpleNamespace

import numpy as np
import pytest

from stemstack.models.deep.backbones.networks import build_net
from stemstack.models.deep.backbones.pretrained import PretrainedSource
from stemstack.models.deep.training.optimizer import make_optimizer, rates_of


def _plan(**changes):
    plan = {"learning_rate": 0.1, "layer_decay": 1.0, "weight_decay": 0.0, "schedule": "cosine"}
    return SimpleNamespace(**{**plan, **changes})


@pytest.fixture(scope="module")
def net():
    return build_net(PretrainedSource("cnn_tiny", "none"), 2)


def test_without_decay_all_weights_have_one_rate(net):
    assert list(rates_of(net, _plan())) == [0.1]


def test_each_layer_is_slower_than_the_one_above(net):
    rates = rates_of(net, _plan(layer_decay=0.5))
    of_weight = {id(weight): rate for rate, weights in rates.items() for weight in weights}
    assert of_weight[id(net.head.weight)] == 0.1
    for block in range(5):
        # Powers of a half are exact.
        assert of_weight[id(net.backbone[block][0].weight)] == 0.1 * 0.5 ** (5 - block)


def test_every_weight_is_in_one_group(net):
    grouped = [w for weights in rates_of(net, _plan(layer_decay=0.5)).values() for w in weights]
    assert sorted(map(id, grouped)) == sorted(map(id, net.parameters()))


def test_cosine_falls_to_nothing_and_one_cycle_rises_first(net):
    def rates(schedule):
        optimizer, steps = make_optimizer(net, _plan(schedule=schedule), 10)
        seen = []
        for _ in range(10):
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            steps.step() if len(seen) < 10 else None
        return seen

    cosine, one_cycle = rates("cosine"), rates("one_cycle")
    # Half a cosine in closed form; torch computes it by recursion.
    expected = 0.05 * (1 + np.cos(np.pi * np.arange(10) / 10))
    np.testing.assert_allclose(cosine, expected, rtol=1e-6, atol=1e-9)
    assert np.argmax(one_cycle) == 2
    np.testing.assert_allclose(max(one_cycle), 0.1, rtol=1e-9)
