import numpy as np
import pytest
import torch

from stemstack.models.deep.nets import build_net, layers_of
from stemstack.models.deep.training import Plan, Trainer, repeatable, threads
from stemstack.models.deep.weights import Start

CPU = torch.device("cpu")


def _plan(**changes):
    values = {
        "width": 8,
        "epochs": 3,
        "batch_size": 4,
        "learning_rate": 0.01,
        "backbone_rate": 1.0,
        "weight_decay": 0.0,
        "frozen": 0.0,
        "mixup": 0.0,
        "spec_augment": 0.0,
        "label_smoothing": 0.0,
    }
    return Plan(**{**values, **changes})


def _train(plan, on_epoch=lambda epoch, seconds: False):
    rng = np.random.default_rng(0)
    labels = np.arange(12) % 2
    # The second class is bright at the bottom.
    pictures = [rng.standard_normal((16, 20)) for _ in labels]
    for picture, label in zip(pictures, labels, strict=True):
        picture[:8] += 2 * label
    with repeatable(0, CPU), threads(1):
        net = build_net(Start("cnn_tiny", "none"), 2)
        before = {k: v.clone() for k, v in net.state_dict().items()}
        trainer = Trainer(net, plan, 2, device=CPU, rng=np.random.default_rng(0))
        history = trainer.run(lambda epoch: pictures, labels, on_epoch=on_epoch)
    return net, before, history


def test_the_loss_falls():
    _, _, history = _train(_plan(epochs=8))
    assert [epoch["epoch"] for epoch in history] == list(range(1, 9))
    assert history[-1]["loss"] < 0.6 * history[0]["loss"]


def test_training_stops_when_told_to():
    _, _, history = _train(_plan(epochs=8), on_epoch=lambda epoch, seconds: epoch["epoch"] == 2)
    assert len(history) == 2


def test_frozen_layers_keep_weights_and_running_means():
    net, before, _ = _train(_plan(frozen=0.4))
    changed = {k for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    assert len(layers_of(net.backbone)) == 5
    assert not any(name.startswith(("backbone.0.", "backbone.1.")) for name in changed)
    assert any(name.startswith("backbone.4.") for name in changed)
    assert "head.weight" in changed


def test_repeatable_repeats_and_leaves_torch_as_it_was():
    state = torch.get_rng_state()
    with repeatable(5, CPU):
        first = torch.rand(3)
    with pytest.raises(KeyError), repeatable(5, CPU):
        second = torch.rand(3)
        raise KeyError
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), state)


def test_threads_are_lent():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise KeyError
    with threads(None):
        assert torch.get_num_threads() == before
    assert torch.get_num_threads() == before
