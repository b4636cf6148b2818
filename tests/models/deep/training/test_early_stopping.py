import numpy as np
import pytest
import torch

from stemstack.exceptions import DataError
from stemstack.models.deep.targets import ClassTargets
from stemstack.models.deep.training.early_stopping import (
    EarlyStopping,
    split_validation,
)

LABELS, GROUPS = np.repeat([0, 0, 1, 1, 2], 4), np.repeat(range(5), 4)


@pytest.mark.parametrize("seed", range(30))
def test_split_keeps_every_class_in_training(seed):
    # The third class has one group, which must be trained on.
    train, validation = split_validation(LABELS, GROUPS, seed)
    assert set(LABELS[train]) == {0, 1, 2}
    assert set(GROUPS[train]).isdisjoint(GROUPS[validation])
    assert sorted([*train, *validation]) == list(range(20))


def test_split_without_groups_takes_15_percent():
    train, validation = split_validation(np.arange(100) % 4, None, 0)
    assert (len(train), len(validation)) == (85, 15)
    assert set(train).isdisjoint(validation)


def test_split_rejects_a_class_of_one_group():
    with pytest.raises(DataError, match="a class would be missing"):
        split_validation(LABELS[:16], LABELS[:16], 0)


def test_split_rejects_clips_of_one_group():
    with pytest.raises(DataError, match="all of them share songs or noise clips"):
        split_validation(LABELS, np.zeros(20, dtype=int), 0)


def logits_of(confidence):
    """Logits of two clips that give their true classes a probability."""
    return np.log(np.where(np.eye(2) > 0, confidence, 1 - confidence))


def run_epochs(confidences, patience, net, start=None):
    """Validate a network whose weight is the epoch's number; return entries and stops."""
    queue = list(confidences)
    labels, targets = np.array([0, 1]), ClassTargets(np.arange(2))
    stopping = EarlyStopping(lambda net: logits_of(queue.pop(0)), labels, targets, patience)
    if start is not None:
        stopping.load_state_dict(start)
    entries, stops = [], []
    for epoch in range(len(confidences)):
        entries.append({})
        with torch.no_grad():
            net.weight.fill_(epoch)
        stops.append(stopping.update(net.train(), entries[-1]))
    return stopping, entries, stops


def test_stops_after_patience_and_loads_the_best():
    net = torch.nn.Linear(1, 1)
    stopping, entries, stops = run_epochs([0.6, 0.9, 0.8, 0.7], 2, net)
    assert stops == [False, False, False, True]
    # The log loss of predictions with one confidence.
    losses = [entry["validation_loss"] for entry in entries]
    np.testing.assert_allclose(losses, -np.log([0.6, 0.9, 0.8, 0.7]), rtol=1e-9)
    assert [entry["validation_f1"] for entry in entries] == [1.0] * 4
    assert not net.training
    stopping.load_best(net)
    assert net.weight.item() == 1


def test_restored_state_continues_the_count():
    net = torch.nn.Linear(1, 1)
    stopping, _, _ = run_epochs([0.9, 0.8], 2, net)
    _, _, stops = run_epochs([0.85], 2, net, start=stopping.state_dict())
    assert stops == [True]
