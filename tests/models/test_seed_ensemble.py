"""Models averaged over seeds."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB

from stemstack.exceptions import UsageError
from stemstack.models import (
    EffNetClassifier,
    device_of,
    load_model,
    make_model,
    resolve_auto,
    save_model,
    set_resources,
)
from stemstack.models.inspection import find_networks
from stemstack.models.seed_ensemble import average_seeds

NET = (
    "effnet:cnn_tiny(seeds=2,n_fft=256,hop_length=128,n_mels=16,crop_seconds=0.25,epochs=2,"
    "batch_size=8)"
)
OPTIONS = {"sr": 8000, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def toy():
    rng = np.random.default_rng(0)
    time = np.arange(4000) / 8000
    y = np.array(["low", "high"] * 8)
    pitches = np.where(y == "low", 300, 1200) * rng.uniform(0.9, 1.1, len(y))
    return [np.sin(2 * np.pi * p * time) + 0.1 * rng.standard_normal(4000) for p in pitches], y


def test_probabilities_are_the_mean_over_the_seeds(toy):
    bag = set_resources(make_model(NET, **OPTIONS)).fit(*toy)
    members = [member.predict_proba(toy[0]) for member in bag.estimators_]
    assert not np.array_equal(*members)
    # The mean of two float64.
    np.testing.assert_allclose(
        bag.predict_proba(toy[0]), np.mean(members, axis=0), rtol=1e-12, atol=0
    )


def test_a_bag_of_nets_survives_the_disk_without_pickles(toy, tmp_path):
    bag = set_resources(make_model(NET, **OPTIONS)).fit(*toy)
    save_model(bag, tmp_path)
    again = load_model(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(toy[0]), bag.predict_proba(toy[0]))
    np.testing.assert_array_equal(again.predict(toy[0]), bag.predict(toy[0]))
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {
        ".json", ".safetensors",
    }  # fmt: skip


def test_a_bag_of_trees_shares_its_features_and_survives_the_disk(toy, tmp_path):
    model = make_model("lgbm(seeds=2,families=[mfcc],n_estimators=5)", sr=8000).fit(*toy)
    assert [name for name, _ in model.steps] == ["spectral", "columns", "classifier"]
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    np.testing.assert_array_equal(again.predict_proba(toy[0]), model.predict_proba(toy[0]))


def test_the_seeds_depend_on_the_models_own():
    seeds = [
        [net.random_state for net in find_networks(make_model(NET, random_state=root))]
        for root in (0, 0, 1)
    ]
    assert seeds[0] == seeds[1]
    assert len({*seeds[0], *seeds[2]}) == 4


def test_settling_and_means_reach_every_net(tmp_path):
    bag = make_model(NET, **OPTIONS)
    assert resolve_auto(bag) == {"backbone": "cnn_tiny", "weights": "none", "device": "cpu"}
    assert device_of(bag) == "cpu"
    set_resources(bag, cache=tmp_path)
    assert {net.cache for net in find_networks(clone(bag))} == {tmp_path / "log-mels"}


def test_one_seed_is_no_bag():
    model = GaussianNB()
    assert average_seeds(model, 1) is model


@pytest.mark.parametrize("seeds", [0, 2.5, "three", True])
def test_the_number_of_seeds_is_checked(seeds):
    with pytest.raises(UsageError, match="'seeds' must be a whole number"):
        average_seeds(GaussianNB(), seeds)


def test_a_model_without_chance_is_refused():
    with pytest.raises(UsageError, match="GaussianNB has no random_state: leave 'seeds' out"):
        make_model("heuristic(seeds=3)")


def test_weights_of_named_classes_are_refused():
    with pytest.raises(UsageError, match="class_weight cannot name them"):
        average_seeds(EffNetClassifier(class_weight={"a": 2.0}), 2)


def test_a_number_of_threads_that_is_given_stays():
    model = set_resources(EffNetClassifier(n_threads=2), cache=None)
    assert model.n_threads == 2 and model.checkpoint is None
