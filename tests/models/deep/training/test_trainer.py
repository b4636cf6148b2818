import functools
from copy import deepcopy

import numpy as np
import pytest
import torch

from stemstack.models.deep.backbones.networks import build_net, layers_of
from stemstack.models.deep.backbones.pretrained import PretrainedSource
from stemstack.models.deep.device import num_threads, seeded_rng
from stemstack.models.deep.training.trainer import Trainer, TrainingSchedule

CPU = torch.device("cpu")
LABELS = np.arange(12) % 2


def make_plan(**changes):
    values = {
        "width": 8,
        "epochs": 3,
        "batch_size": 4,
        "accumulate_grad_batches": 1,
        "learning_rate": 0.01,
        "schedule": "one_cycle",
        "layer_decay": 1.0,
        "weight_decay": 0.0,
        "frozen": 0.0,
        "warmup_epochs": 0,
        "ema": 0.0,
        "mixup": 0.0,
        "spec_augment": 0.0,
        "label_smoothing": 0.0,
        "bf16": False,
        "compile": False,
    }
    return TrainingSchedule(**{**values, **changes})


@pytest.fixture(scope="module")
def pictures():
    """Noise; the second class is bright at the bottom."""
    rng = np.random.default_rng(0)
    drawn = [rng.standard_normal((16, 20)).astype(np.float32) for _ in LABELS]
    for picture, label in zip(drawn, LABELS, strict=True):
        picture[:8] += 2 * label
    return drawn


def make_trainer(plan, net=None):
    net = net or build_net(PretrainedSource("cnn_tiny", "none"), 2)
    return Trainer(net, plan, LABELS, 2, device=CPU, rng=np.random.default_rng(0))


def always(pictures):
    """The same pictures in every epoch."""
    return lambda epoch: lambda rows: [pictures[row] for row in rows]


def train(plan, pictures, on_epoch=lambda epoch, seconds: False, net=None):
    with seeded_rng(0, CPU), num_threads(1):
        trainer = make_trainer(plan, net)
        before = {k: v.clone() for k, v in trainer.net.state_dict().items()}
        trainer.run(always(pictures), on_epoch=on_epoch)
    return trainer, before


def changed(trainer, before):
    return {k for k, v in trainer.net.state_dict().items() if not torch.equal(v, before[k])}


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine"])
def test_the_loss_falls(pictures, schedule):
    trainer, _ = train(make_plan(epochs=8, schedule=schedule), pictures)
    assert [epoch["epoch"] for epoch in trainer.history] == list(range(1, 9))
    assert trainer.history[-1]["loss"] < 0.6 * trainer.history[0]["loss"]
    assert trainer.history[0]["f1"] < 0.9 < trainer.history[-1]["f1"]


@pytest.mark.parametrize("n_batches", [1, 2])
def test_the_history_scores_what_is_said_in_training(pictures, n_batches):
    net = build_net(PretrainedSource("cnn_tiny", "none"), 2)
    with torch.no_grad():
        net.head.weight.zero_()
        net.head.bias.copy_(torch.tensor([9.0, 0.0]))
    plan = make_plan(epochs=1, learning_rate=1e-9, accumulate_grad_batches=n_batches)
    trainer, _ = train(plan, pictures, net=net)
    # All are said to be of the first class, half of them are: F1 of 2/3, and of 0.
    np.testing.assert_allclose(trainer.history[0]["f1"], 1 / 3, rtol=1e-12)


@pytest.mark.parametrize("layer_decay", [1.0, 0.5])
def test_the_history_tells_the_heads_rate(pictures, layer_decay):
    plan = make_plan(epochs=10, layer_decay=layer_decay)
    trainer, _ = train(plan, pictures)
    rates = [epoch["learning_rate"] for epoch in trainer.history]
    # One cycle of 30 steps: up in three tenths of them, then down to next to nothing.
    np.testing.assert_allclose(rates[2], plan.learning_rate, rtol=1e-6)
    assert rates[0] < rates[1] < rates[2] > rates[3] > rates[-2] > rates[-1] > 0
    assert rates[-1] < 1e-6


def test_training_stops_when_told_to(pictures):
    trainer, _ = train(make_plan(epochs=8), pictures, lambda epoch, seconds: epoch["epoch"] == 2)
    assert len(trainer.history) == 2


def test_frozen_layers_keep_weights_and_running_means(pictures):
    trainer, before = train(make_plan(frozen=0.4), pictures)
    names = changed(trainer, before)
    assert len(layers_of(trainer.net.backbone)) == 5
    assert not any(name.startswith(("backbone.0.", "backbone.1.")) for name in names)
    assert any(name.startswith("backbone.4.") for name in names)
    assert "head.weight" in names


def test_in_the_warm_up_only_the_head_learns_and_then_all(pictures):
    warm, before = train(make_plan(warmup_epochs=3), pictures)
    assert changed(warm, before) == {"head.weight", "head.bias"}
    then, before = train(make_plan(warmup_epochs=1), pictures)
    assert {name.split(".")[0] for name in changed(then, before)} == {"backbone", "head"}


def flat_net():
    """A net without batch norm: what it learns does not depend on how clips are batched."""
    torch.manual_seed(0)
    backbone = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.ReLU())
    pool = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    net = torch.nn.Sequential()
    for name, part in {"backbone": backbone, "pool": pool, "head": torch.nn.Linear(3, 2)}.items():
        net.add_module(name, part)
    return net


def test_accumulated_batches_are_one_large_batch(pictures):
    whole = [picture[:, :8] for picture in pictures]
    many, _ = train(make_plan(batch_size=3, accumulate_grad_batches=2), whole, net=flat_net())
    one, _ = train(make_plan(batch_size=6, accumulate_grad_batches=1), whole, net=flat_net())
    for here, there in zip(many.net.parameters(), one.net.parameters(), strict=True):
        # float32 sums in another order, over six steps of AdamW.
        torch.testing.assert_close(here, there, rtol=1e-4, atol=1e-6)


def test_a_last_step_may_be_smaller(pictures):
    trainer, _ = train(make_plan(batch_size=4, accumulate_grad_batches=2), pictures)
    assert len(trainer.history) == 3


def test_the_moving_average_is_what_is_kept(pictures):
    plain, _ = train(make_plan(), pictures)
    averaged, before = train(make_plan(ema=0.9), pictures)
    name = "head.weight"
    kept, last = averaged.net.state_dict()[name], plain.net.state_dict()[name]
    # The average lags: it is nearer to the start than the last weights, which are the same in both.
    assert torch.equal(averaged.state()["net"][name], last)
    assert (kept - before[name]).norm() < (last - before[name]).norm()


def test_an_average_without_memory_is_the_net_itself(pictures):
    trainer, _ = train(make_plan(ema=1e-12), pictures)
    for name, value in trainer.state()["net"].items():
        # 1e-12 of what was before is below float32's last digit of what is.
        torch.testing.assert_close(trainer.net.state_dict()[name], value, rtol=1e-6, atol=1e-9)


def test_a_compiled_net_learns_the_same(pictures, monkeypatch):
    plain, _ = train(make_plan(), pictures)
    # dynamo without a C++ compiler behind it, which would take half a minute.
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="eager"))
    compiled, _ = train(make_plan(compile=True), pictures)
    for here, there in zip(compiled.net.parameters(), plain.net.parameters(), strict=True):
        # The same operations, perhaps fused otherwise.
        torch.testing.assert_close(here, there, rtol=1e-5, atol=1e-7)


def test_in_bfloat16_the_loss_falls_too(pictures):
    trainer, _ = train(make_plan(epochs=8, bf16=True), pictures)
    assert trainer.history[-1]["loss"] < 0.6 * trainer.history[0]["loss"]
    assert {value.dtype for value in trainer.net.parameters()} == {torch.float32}


def test_augmented_training_repeats(pictures):
    plan = make_plan(mixup=0.4, spec_augment=0.2, label_smoothing=0.1)
    first, _ = train(plan, pictures)
    second, _ = train(plan, pictures)
    assert first.history == second.history


@pytest.mark.parametrize("extra", [{}, {"ema": 0.9}, {"schedule": "cosine", "warmup_epochs": 2}])
def test_a_restored_training_goes_on_to_the_same_bits(pictures, extra):
    plan = make_plan(epochs=4, mixup=0.4, spec_augment=0.2, **extra)
    states = []
    with seeded_rng(0, CPU), num_threads(1):
        whole = make_trainer(plan)
        whole.run(
            always(pictures),
            on_epoch=lambda epoch, seconds: False,
            after_epoch=lambda stopped: states.append(deepcopy(whole.state())),
        )
    with seeded_rng(1, CPU), num_threads(1):
        again = make_trainer(plan)
        again.restore(states[1])
        again.run(
            always(pictures),
            on_epoch=lambda epoch, seconds: False,
        )
    assert again.history == whole.history
    for name, value in whole.net.state_dict().items():
        assert torch.equal(again.net.state_dict()[name], value), name
