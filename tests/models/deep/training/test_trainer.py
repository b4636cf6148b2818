import functools
from copy import deepcopy

import numpy as np
import pytest
import torch

from stemstack.models.deep.backbones.networks import build_net, layers_of
from stemstack.models.deep.backbones.pretrained import PretrainedSource
from stemstack.models.deep.device import num_threads, seeded_rng
from stemstack.models.deep.targets import ClassTargets, LabelTargets
from stemstack.models.deep.training.trainer import Trainer, TrainingSchedule

CPU = torch.device("cpu")
LABELS, TARGETS = np.arange(12) % 2, ClassTargets(np.arange(2))


def make_schedule(**changes):
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


class ArrayDataset:
    """The given log-mels in each epoch."""

    def __init__(self, log_mels):
        self.log_mels = log_mels
        self.epochs = []

    def set_epoch(self, epoch):
        self.epochs.append(epoch)

    def take(self, rows):
        return [self.log_mels[row] for row in rows]


class MemoryCheckpoint:
    """The states of a training, and the one to resume from."""

    def __init__(self, state=None):
        self.state = state
        self.states = []
        self.closed = False

    def save(self, state):
        self.states.append(deepcopy(state))

    def load(self):
        return self.state

    def close(self):
        self.closed = True


class StopAfter:
    """Early stopping after a number of epochs."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def update(self, net, entry):
        return entry["epoch"] == self.n_epochs

    def load_best(self, net):
        self.loaded = net

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        pass


@pytest.fixture(scope="module")
def log_mels():
    """Noise; the second class has more power in the low bands."""
    rng = np.random.default_rng(0)
    noise = [rng.standard_normal((16, 20)).astype(np.float32) for _ in LABELS]
    for log_mel, label in zip(noise, LABELS, strict=True):
        log_mel[:8] += 2 * label
    return noise


def train(schedule, log_mels, net=None, seed=0, **options):
    """Train a network; return the trainer and the weights before."""
    with seeded_rng(seed, CPU), num_threads(1):
        net = net or build_net(PretrainedSource("cnn_tiny", "none"), 2)
        rng = np.random.default_rng(0)
        trainer = Trainer(net, schedule, LABELS, TARGETS, device=CPU, rng=rng, **options)
        before = {k: v.clone() for k, v in trainer.net.state_dict().items()}
        trainer.fit(ArrayDataset(log_mels))
    return trainer, before


def changed_names(trainer, before):
    return {k for k, v in trainer.net.state_dict().items() if not torch.equal(v, before[k])}


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine"])
def test_loss_falls(log_mels, schedule):
    trainer, _ = train(make_schedule(epochs=8, schedule=schedule), log_mels)
    assert [entry["epoch"] for entry in trainer.history_] == list(range(1, 9))
    assert trainer.history_[-1]["loss"] < 0.6 * trainer.history_[0]["loss"]
    assert trainer.history_[0]["f1"] < 0.9 < trainer.history_[-1]["f1"]


def test_dataset_gets_each_epoch(log_mels):
    dataset = ArrayDataset(log_mels)
    net = build_net(PretrainedSource("cnn_tiny", "none"), 2)
    rng = np.random.default_rng(0)
    Trainer(net, make_schedule(), LABELS, TARGETS, device=CPU, rng=rng).fit(dataset)
    assert dataset.epochs == [0, 1, 2]


@pytest.mark.parametrize("n_batches", [1, 2])
def test_history_scores_training_predictions(log_mels, n_batches):
    net = build_net(PretrainedSource("cnn_tiny", "none"), 2)
    with torch.no_grad():
        net.head.weight.zero_()
        net.head.bias.copy_(torch.tensor([9.0, 0.0]))
    schedule = make_schedule(epochs=1, learning_rate=1e-9, accumulate_grad_batches=n_batches)
    trainer, _ = train(schedule, log_mels, net=net)
    # All are predicted to be of the first class, half of them are: F1 of 2/3, and of 0.
    np.testing.assert_allclose(trainer.history_[0]["f1"], 1 / 3, rtol=1e-12)


@pytest.mark.parametrize("layer_decay", [1.0, 0.5])
def test_history_has_the_rate_of_the_head(log_mels, layer_decay):
    schedule = make_schedule(epochs=10, layer_decay=layer_decay)
    trainer, _ = train(schedule, log_mels)
    rates = [entry["learning_rate"] for entry in trainer.history_]
    # One cycle of 30 steps: up in three tenths of them, then down to almost 0.
    np.testing.assert_allclose(rates[2], schedule.learning_rate, rtol=1e-6)
    assert rates[0] < rates[1] < rates[2] > rates[3] > rates[-2] > rates[-1] > 0
    assert rates[-1] < 1e-6


def test_early_stopping_ends_the_training(log_mels):
    stopping = StopAfter(2)
    trainer, _ = train(make_schedule(epochs=8), log_mels, early_stopping=stopping)
    assert len(trainer.history_) == 2
    assert stopping.loaded is trainer.net


def test_frozen_layers_keep_weights_and_running_means(log_mels):
    trainer, before = train(make_schedule(frozen=0.4), log_mels)
    names = changed_names(trainer, before)
    assert len(layers_of(trainer.net.backbone)) == 5
    assert not any(name.startswith(("backbone.0.", "backbone.1.")) for name in names)
    assert any(name.startswith("backbone.4.") for name in names)
    assert "head.weight" in names


def test_warmup_trains_the_head_only(log_mels):
    trainer, before = train(make_schedule(warmup_epochs=3), log_mels)
    assert changed_names(trainer, before) == {"head.weight", "head.bias"}
    trainer, before = train(make_schedule(warmup_epochs=1), log_mels)
    parts = {name.split(".")[0] for name in changed_names(trainer, before)}
    assert parts == {"backbone", "head"}


def net_without_norm():
    """A network without batch norm: its training does not depend on the split into batches."""
    torch.manual_seed(0)
    backbone = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.ReLU())
    pool = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    net = torch.nn.Sequential()
    for name, part in {"backbone": backbone, "pool": pool, "head": torch.nn.Linear(3, 2)}.items():
        net.add_module(name, part)
    return net


def test_accumulated_batches_equal_one_large_batch(log_mels):
    crops = [log_mel[:, :8] for log_mel in log_mels]
    small = make_schedule(batch_size=3, accumulate_grad_batches=2)
    accumulated, before = train(small, crops, net=net_without_norm())
    large, _ = train(make_schedule(batch_size=6), crops, net=net_without_norm())
    for weight, other in zip(accumulated.net.parameters(), large.net.parameters(), strict=True):
        # float32 sums in another order, over six steps of AdamW.
        torch.testing.assert_close(weight, other, rtol=1e-4, atol=1e-6)
    assert changed_names(accumulated, before) == set(before)


def test_last_step_may_have_fewer_batches(log_mels):
    # Three batches per epoch: one step of two and one of one.
    schedule = make_schedule(batch_size=4, accumulate_grad_batches=2, schedule="cosine")
    checkpoint = MemoryCheckpoint()
    train(schedule, log_mels, checkpoint=checkpoint)
    n_steps = [state["lr_scheduler"]["last_epoch"] for state in checkpoint.states]
    assert n_steps == [2, 4, 6]


def test_moving_average_is_stored(log_mels):
    plain, _ = train(make_schedule(), log_mels)
    averaged, before = train(make_schedule(ema=0.9), log_mels)
    name = "head.weight"
    average, last = averaged.net.state_dict()[name], plain.net.state_dict()[name]
    # The average is nearer to the start than the last weights, which are the same in both.
    assert torch.equal(averaged.state_dict()["net"][name], last)
    assert (average - before[name]).norm() < (last - before[name]).norm()


def test_moving_average_without_memory_is_the_network(log_mels):
    trainer, _ = train(make_schedule(ema=1e-12), log_mels)
    for name, value in trainer.state_dict()["net"].items():
        # 1e-12 of the previous value is below the last digit of float32.
        torch.testing.assert_close(trainer.net.state_dict()[name], value, rtol=1e-6, atol=1e-9)


def test_compiled_network_trains_the_same(log_mels, monkeypatch):
    plain, _ = train(make_schedule(), log_mels)
    # dynamo without a C++ compiler behind it, which would take half a minute.
    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="eager"))
    compiled, _ = train(make_schedule(compile=True), log_mels)
    for weight, other in zip(compiled.net.parameters(), plain.net.parameters(), strict=True):
        # The same operations, perhaps fused differently.
        torch.testing.assert_close(weight, other, rtol=1e-5, atol=1e-7)


def test_loss_falls_in_bfloat16(log_mels):
    trainer, _ = train(make_schedule(epochs=8, bf16=True), log_mels)
    assert trainer.history_[-1]["loss"] < 0.6 * trainer.history_[0]["loss"]
    assert {value.dtype for value in trainer.net.parameters()} == {torch.float32}


def test_augmented_training_repeats(log_mels):
    schedule = make_schedule(mixup=0.4, spec_augment=0.2, label_smoothing=0.1)
    first, _ = train(schedule, log_mels)
    second, _ = train(schedule, log_mels)
    plain, _ = train(make_schedule(), log_mels)
    assert first.history_ == second.history_ != plain.history_


@pytest.mark.parametrize("extra", [{}, {"ema": 0.9}, {"schedule": "cosine", "warmup_epochs": 2}])
def test_resumed_training_ends_in_the_same_bits(log_mels, extra):
    schedule = make_schedule(epochs=4, mixup=0.4, spec_augment=0.2, **extra)
    checkpoint = MemoryCheckpoint()
    whole, _ = train(schedule, log_mels, checkpoint=checkpoint)
    resumption = MemoryCheckpoint(checkpoint.states[1])
    resumed, _ = train(schedule, log_mels, seed=1, checkpoint=resumption)
    assert len(resumption.states) == 2
    assert resumption.closed
    assert resumed.history_ == whole.history_
    for name, value in whole.net.state_dict().items():
        assert torch.equal(resumed.net.state_dict()[name], value), name


def test_stopped_training_is_not_resumed(log_mels):
    checkpoint = MemoryCheckpoint()
    schedule = make_schedule(epochs=8)
    train(schedule, log_mels, checkpoint=checkpoint, early_stopping=StopAfter(2))
    resumption = MemoryCheckpoint(checkpoint.states[-1])
    resumed, _ = train(schedule, log_mels, checkpoint=resumption, early_stopping=StopAfter(5))
    assert len(resumed.history_) == 2
    assert resumption.states == []


def test_training_loss_of_labels_is_binary_cross_entropy(log_mels):
    labels = np.column_stack([LABELS, np.arange(12) < 9]).astype(np.int64)
    crops = [log_mel[:, :8] for log_mel in log_mels]
    schedule = make_schedule(epochs=1, batch_size=12, label_smoothing=0.2)
    with seeded_rng(0, CPU), num_threads(1):
        net = build_net(PretrainedSource("cnn_tiny", "none"), 2)
        logits = deepcopy(net).train()(torch.from_numpy(np.stack(crops)[:, None]))
        rng = np.random.default_rng(0)
        trainer = Trainer(net, schedule, labels, LabelTargets(2), device=CPU, rng=rng)
        trainer.fit(ArrayDataset(crops))
    proba, targets = torch.sigmoid(logits), torch.from_numpy(0.8 * labels + 0.1)
    expected = -(targets * proba.log() + (1 - targets) * (1 - proba).log()).mean().item()
    # float32 sums in another order: clips are shuffled.
    assert trainer.history_[0]["loss"] == pytest.approx(expected, rel=1e-5)
