"""Models and epochs that fit into a time limit."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.exceptions import UsageError
from stemstack.models.model_name import ModelName
from stemstack.runs.time_limit.budget import (
    MIN_EPOCHS,
    ModelCost,
    choose,
    feature_seconds,
    total_seconds,
    with_epochs,
)

TREES = ModelCost("lgbm", fold=10.0, waves=2, features=frozenset("ab"), features_seconds=40.0)
LINEAR = ModelCost("lr", fold=1.0, waves=2, features=frozenset("ab"), features_seconds=40.0)
NETWORK = ModelCost("effnet", fold=5.0, waves=2, once=10.0, epoch=10.0, epochs=8)


def choice(costs, available):
    """Return the chosen models with their epochs, their time in s, and the decisions."""
    chosen, decisions = choose(costs, available)
    return {cost.name: cost.epochs for cost in chosen}, total_seconds(chosen), decisions


def test_no_limit_changes_nothing():
    # Features once, 2 and 20 s of fits; 10 s of log-mels, and 2 folds of 5 s and 8 epochs.
    seconds = 40 + 2 + 20 + 10 + 2 * (5 + 80)
    epochs = {"lr": 0, "lgbm": 0, "effnet": 8}
    assert choice([LINEAR, TREES, NETWORK], math.inf) == (epochs, seconds, [])


def test_epochs_are_reduced_before_models_are_dropped():
    epochs, seconds, decisions = choice([LINEAR, TREES, NETWORK], 200.0)
    assert epochs == {"lr": 0, "lgbm": 0, "effnet": 5}
    assert decisions == ["effnet gets 5 epochs instead of 8"]
    assert seconds == 182


def test_self_training_is_left_out_first():
    costs = [replace(LINEAR, self_training=30.0), TREES, NETWORK]
    assert choice(costs, 272.0) == ({"lr": 0, "lgbm": 0, "effnet": 8}, 272, [])
    epochs, seconds, decisions = choice(costs, 271.0)
    assert (epochs["effnet"], seconds) == (8, 242)
    assert decisions == ["lr is fitted without self-training, which would take 30.0 s"]


def test_most_expensive_model_dropped_first():
    small = ModelCost("cnn(epochs=4)", fold=1.0, waves=2, epoch=1.0, epochs=4)
    epochs, _, decisions = choice([LINEAR, NETWORK, small], 60.0)
    assert epochs == {"lr": 0, "cnn(epochs=4)": 4}
    assert decisions == ["effnet is left out: by itself it would take 1 min 20 s or more"]


def test_least_reduced_network_loses_epochs_first():
    half = ModelCost("cnn", fold=5.0, waves=2, epoch=10.0, epochs=4)
    # 20 s over the limit, once from each network: of equal fractions the first is reduced.
    epochs, seconds, _ = choice([half, NETWORK], total_seconds([half, NETWORK]) - 40.0)
    assert epochs == {"cnn": 3, "effnet": 7} and seconds == 70 + 160


def test_shared_features_count_once():
    assert choice([LINEAR, TREES], 50.0) == (
        {"lr": 0},
        42,
        ["lgbm is left out: by itself it would take 1 min 0 s or more"],
    )


def test_clips_are_loaded_once_per_source():
    one = {"source": (22050, True), "load_seconds": 30.0, "fold": 0.0, "waves": 0}
    wide = ModelCost("lr", features=frozenset("abc"), features_seconds=10.0, **one)
    other = ModelCost("codebook", features=frozenset("xy"), features_seconds=2.0, **one)
    slow = replace(other, name="slow", features=frozenset("z"), load_seconds=40.0)
    elsewhere = replace(other, name="embed", features=frozenset("vw"), source=(16000, True))
    assert feature_seconds([other, wide]) == {"lr": 40.0, "codebook": 2.0}
    # Of another one more clips are missing.
    assert feature_seconds([wide, slow]) == {"lr": 40.0, "slow": 12.0}
    assert feature_seconds([wide, elsewhere]) == {"lr": 40.0, "embed": 32.0}


def test_too_short_limit_raises_with_minimum():
    with pytest.raises(UsageError, match=r"too short: lr, the cheapest model, would take 42\.0 s"):
        choose([LINEAR, TREES, NETWORK], 41.0)


@pytest.mark.parametrize("name", ["effnet", "cnn()", "ast(epochs=20, remix=true)", "cnn(seeds=2)"])
def test_with_epochs_changes_only_epochs(name):
    named, before = ModelName.parse(with_epochs(name, 4)), ModelName.parse(name)
    assert named.params == {**before.params, "epochs": 4}
    assert named.base == before.base


costs = st.builds(
    ModelCost,
    name=st.uuids().map(str),
    fold=st.floats(0, 100),
    waves=st.integers(0, 5),
    once=st.floats(0, 100),
    features=st.none() | st.frozensets(st.sampled_from("abc")),
    source=st.sampled_from([(22050, True), (16000, True)]),
    load_seconds=st.floats(0, 100),
    features_seconds=st.floats(0, 100),
    epoch=st.floats(0, 10),
    epochs=st.integers(0, 20),
)


@given(st.lists(costs, min_size=1, max_size=5, unique_by=lambda cost: cost.name), st.floats(0, 500))
def test_choice_fits_and_keeps_minimum_epochs(models, available):
    try:
        chosen, _ = choose(models, available)
    except UsageError:
        assert min(total_seconds([m.with_min_epochs()]) for m in models) > available
        return
    requested = {model.name: model.epochs for model in models}
    assert total_seconds(chosen) <= available
    assert all(m.epochs >= min(MIN_EPOCHS, requested[m.name]) for m in chosen)
