"""Models averaged over seeds."""

import numpy as np
import pytest
from helpers.signals import low_and_high_tones
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB

from stemstack.exceptions import UsageError
from stemstack.features import SpectralFeatures
from stemstack.models import (
    EffNetClassifier,
    device_of,
    load_model,
    make_model,
    resolve_auto,
    save_model,
    set_resources,
)
from stemstack.models.inspection import find_networks, find_parts
from stemstack.models.seed_ensemble import average_seeds

NET = (
    "effnet:cnn_tiny(seeds=2,n_fft=256,hop_length=128,n_mels=16,crop_seconds=0.25,epochs=2,"
    "batch_size=8)"
)
OPTIONS = {"sr": 8000, "random_state": 0, "device": "cpu"}


@pytest.fixture(scope="module")
def tones():
    return low_and_high_tones(16)


def test_probabilities_are_the_mean_over_the_seeds(tones):
    ensemble = set_resources(make_model(NET, **OPTIONS)).fit(*tones)
    members = [member.predict_proba(tones[0]) for member in ensemble.estimators_]
    assert not np.array_equal(*members)
    # The mean of two float64.
    np.testing.assert_allclose(
        ensemble.predict_proba(tones[0]), np.mean(members, axis=0), rtol=1e-12, atol=0
    )


def test_ensemble_of_networks_is_saved_without_pickle(tones, tmp_path):
    ensemble = set_resources(make_model(NET, **OPTIONS)).fit(*tones)
    save_model(ensemble, tmp_path)
    loaded = load_model(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(tones[0]), ensemble.predict_proba(tones[0]))
    np.testing.assert_array_equal(loaded.predict(tones[0]), ensemble.predict(tones[0]))
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {
        ".json", ".safetensors",
    }  # fmt: skip


def test_ensemble_of_trees_shares_its_features(tones, tmp_path):
    model = make_model("lgbm(seeds=2,families=[mfcc],n_estimators=5)", sr=8000).fit(*tones)
    (spectral,) = find_parts(model, SpectralFeatures)
    assert model.steps[0][1] is spectral
    assert len(model.steps[-1][1].estimators_) == 2
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(tones[0]), model.predict_proba(tones[0]))


def test_seeds_derive_from_the_random_state():
    seeds = [
        [net.random_state for net in find_networks(make_model(NET, random_state=root))]
        for root in (0, 0, 1)
    ]
    assert seeds[0] == seeds[1]
    assert len({*seeds[0], *seeds[2]}) == 4


def test_auto_and_resources_reach_every_network(tmp_path):
    ensemble = make_model(NET, **OPTIONS)
    assert resolve_auto(ensemble) == {"backbone": "cnn_tiny", "weights": "none", "device": "cpu"}
    assert device_of(ensemble) == "cpu"
    set_resources(ensemble, cache=tmp_path)
    assert {net.cache for net in find_networks(clone(ensemble))} == {tmp_path / "log-mels"}


def test_one_seed_returns_the_model():
    model = GaussianNB()
    assert average_seeds(model, 1) is model


@pytest.mark.parametrize("seeds", [0, 2.5, "three", True])
def test_number_of_seeds_is_checked(seeds):
    with pytest.raises(UsageError, match="'seeds' must be a whole number"):
        average_seeds(GaussianNB(), seeds)


def test_deterministic_model_is_refused():
    with pytest.raises(UsageError, match="GaussianNB has no random_state: leave 'seeds' out"):
        make_model("heuristic(seeds=3)")


def test_class_weights_by_name_are_refused():
    with pytest.raises(UsageError, match="class_weight cannot name them"):
        average_seeds(EffNetClassifier(class_weight={"a": 2.0}), 2)
