"""A family that decides everything has all the importance; noise has none."""

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression

from stemstack.features import feature_names
from stemstack.models import EffNetClassifier, make_lgbm, make_lr, make_model
from stemstack.models.inspection import (
    family_positions,
    native_importance,
    permuted_probabilities,
    supports_importance,
)

COLUMNS = feature_names(["mfcc", "tempo"], ["mean", "std"])


@pytest.fixture(scope="module")
def table():
    """120 clips of two classes: the first MFCC tells them apart, the tempo is noise."""
    rng = np.random.default_rng(0)
    y = np.arange(120) % 2
    Z = pd.DataFrame(rng.normal(size=(120, len(COLUMNS))), columns=COLUMNS, dtype=np.float32)
    Z["mfcc_00_mean"] += 6 * y
    return Z, y


def trees(**options):
    return LGBMClassifier(n_estimators=20, num_leaves=4, n_jobs=1, verbose=-1, **options)


def classifiers():
    voters = [(f"seed{i}", trees(random_state=i)) for i in range(2)]
    return {
        "lr": LogisticRegression(l1_ratio=1, C=0.05, solver="liblinear"),
        "lgbm": trees(),
        "bag": VotingClassifier(voters, voting="soft"),
    }


@pytest.mark.parametrize("name", ["lr", "lgbm", "bag"])
def test_the_family_that_decides_has_all_the_importance(table, name):
    Z, y = table
    classifier = classifiers()[name].fit(Z, y)
    before = classifier.predict_proba(Z)
    rng = np.random.default_rng(0)
    said = dict(permuted_probabilities(classifier, Z, n_repeats=4, rng=rng))
    assert list(said) == ["mfcc", "tempo"]
    assert said["mfcc"].shape == (4, 120, 2)
    # Half of 120 clips by chance: four repeats, standard error 0.02.
    assert abs((said["mfcc"].argmax(axis=2) == y).mean() - 0.5) < 0.1
    # What the model does not look at costs nothing, to the bit: sums may be taken in other blocks.
    np.testing.assert_allclose(said["tempo"], np.stack([before] * 4), rtol=0, atol=1e-6)
    for shares in native_importance(classifier, Z).values():
        np.testing.assert_allclose(sum(shares.values()), 1, rtol=1e-12)
        assert shares["mfcc"] > 0.99


def test_a_familys_columns_move_together_and_the_rest_stays():
    Z = pd.DataFrame({"mfcc_00_mean": range(50), "mfcc_01_mean": range(50), "tempo": range(50)})
    seen = []

    class Echo:
        def predict_proba(self, values):
            seen.append(np.array(values))
            return np.zeros((len(values), 2))

    list(permuted_probabilities(Echo(), Z, n_repeats=2, rng=np.random.default_rng(0)))
    for values in np.split(seen[0], 2):
        np.testing.assert_array_equal(values[:, 0], values[:, 1])
        assert sorted(values[:, 0]) == list(range(50)) != values[:, 0].tolist()
        assert values[:, 2].tolist() == list(range(50))
    for values in np.split(seen[1], 2):
        assert values[:, 0].tolist() == list(range(50)) != values[:, 2].tolist()


def test_each_kind_of_model_names_what_it_weighs_by(table):
    Z, y = table
    shares = native_importance(trees().fit(Z, y), Z)
    assert list(shares) == ["gain", "SHAP"]
    assert list(native_importance(classifiers()["lr"].fit(Z, y), Z)) == ["absolute coefficients"]


def test_columns_of_no_family_are_other():
    found = family_positions(["tempo", "group0_pca0", "mfcc_03_std", "group0_pca1"])
    assert {name: place.tolist() for name, place in found.items()} == {
        "mfcc": [2],
        "tempo": [0],
        "other": [1, 3],
    }


def test_only_pipelines_whose_classifier_weighs_columns_are_readable(table):
    Z, y = table
    for make, fitted in ((make_lr, classifiers()["lr"]), (make_lgbm, trees())):
        model = make()
        model.steps[-1] = ("classifier", fitted.fit(Z, y))
        assert supports_importance(model)
    # It guesses by naive Bayes.
    assert not supports_importance(make_model("heuristic"))
    assert not supports_importance(EffNetClassifier())
    assert not supports_importance(classifiers()["lr"].fit(Z, y))
