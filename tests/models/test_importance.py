"""Importance of feature families, and contributions of features to a prediction."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from lightgbm import LGBMClassifier
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from stemstack.features import SpectralFeatures, feature_names
from stemstack.models import EffNetClassifier, make_lgbm, make_lr, make_model
from stemstack.models.importance import (
    classifier_inputs,
    family_positions,
    feature_contributions,
    native_importance,
    permuted_probabilities,
    predict_table,
    sum_by_family,
    supports_contributions,
    supports_importance,
)

COLUMNS = feature_names(["mfcc", "tempo"], ["mean", "std"])


@pytest.fixture(scope="module")
def table():
    """Features of 120 clips of two classes: the first MFCC separates them, the tempo is noise."""
    rng = np.random.default_rng(0)
    y = np.arange(120) % 2
    Z = pd.DataFrame(rng.normal(size=(120, len(COLUMNS))), columns=COLUMNS, dtype=np.float32)
    Z["mfcc_00_mean"] += 6 * y
    return Z, y


def make_trees(**options):
    return LGBMClassifier(n_estimators=20, num_leaves=4, n_jobs=1, verbose=-1, **options)


# An L1 penalty, as scikit-learn 1.8 and as older versions call it.
L1 = (
    {"l1_ratio": 1}
    if parse_version(sklearn.__version__) >= parse_version("1.8")
    else {"penalty": "l1"}
)


def make_classifiers():
    members = [(f"seed{i}", make_trees(random_state=i)) for i in range(2)]
    return {
        "lr": LogisticRegression(**L1, C=0.05, solver="liblinear"),
        "lgbm": make_trees(),
        "ensemble": VotingClassifier(members, voting="soft"),
    }


def feature_pipeline(*steps):
    return make_pipeline(SpectralFeatures(families="mfcc"), *steps)


@pytest.mark.parametrize("name", ["lr", "lgbm", "ensemble"])
def test_deciding_family_has_all_the_importance(table, name):
    Z, y = table
    classifier = make_classifiers()[name].fit(Z, y)
    before = classifier.predict_proba(Z)
    rng = np.random.default_rng(0)
    permuted = dict(permuted_probabilities(classifier, Z, n_repeats=4, rng=rng))
    assert list(permuted) == ["mfcc", "tempo"]
    assert permuted["mfcc"].shape == (4, 120, 2)
    # Half of 120 clips by chance: four repeats, standard error 0.02.
    assert abs((permuted["mfcc"].argmax(axis=2) == y).mean() - 0.5) < 0.1
    # A column without weight costs nothing; sums may be taken in other blocks.
    np.testing.assert_allclose(permuted["tempo"], np.stack([before] * 4), rtol=0, atol=1e-6)
    for shares in native_importance(classifier, Z).values():
        np.testing.assert_allclose(sum(shares.values()), 1, rtol=1e-12)
        assert shares["mfcc"] > 0.99


def test_columns_of_a_family_are_permuted_together():
    Z = pd.DataFrame({"mfcc_00_mean": range(50), "mfcc_01_mean": range(50), "tempo": range(50)})
    seen = []

    class Recorder:
        def predict_proba(self, values):
            seen.append(np.array(values))
            return np.zeros((len(values), 2))

    list(permuted_probabilities(Recorder(), Z, n_repeats=2, rng=np.random.default_rng(0)))
    for values in np.split(seen[0], 2):
        np.testing.assert_array_equal(values[:, 0], values[:, 1])
        assert sorted(values[:, 0]) == list(range(50)) != values[:, 0].tolist()
        assert values[:, 2].tolist() == list(range(50))
    for values in np.split(seen[1], 2):
        assert values[:, 0].tolist() == list(range(50)) != values[:, 2].tolist()


def test_importance_is_named_by_its_measure(table):
    Z, y = table
    shares = native_importance(make_trees().fit(Z, y), Z)
    assert list(shares) == ["gain", "SHAP"]
    linear = make_classifiers()["lr"].fit(Z, y)
    assert list(native_importance(linear, Z)) == ["absolute coefficients"]


def test_columns_of_no_family_are_other():
    found = family_positions(["tempo", "group0_pca0", "mfcc_03_std", "group0_pca1"])
    assert {name: positions.tolist() for name, positions in found.items()} == {
        "mfcc": [2],
        "tempo": [0],
        "other": [1, 3],
    }


def test_importance_needs_features_and_weights(table):
    Z, y = table
    linear = make_classifiers()["lr"].fit(Z, y)
    for make, fitted in ((make_lr, linear), (make_lgbm, make_trees().fit(Z, y))):
        model = make()
        model.steps[-1] = ("anything", fitted)
        assert supports_importance(model) and supports_contributions(model)
    for unsupported in (make_model("heuristic"), EffNetClassifier(), linear, DummyClassifier()):
        assert not supports_importance(unsupported)
        assert not supports_contributions(unsupported)


def test_inputs_are_named_without_pandas_output(table):
    Z, y = table
    model = feature_pipeline(StandardScaler(), LogisticRegression())
    model[1:].fit(Z, y)
    inputs = classifier_inputs(model, Z)
    assert list(inputs) == COLUMNS
    np.testing.assert_array_equal(inputs, model[1].transform(Z))
    bare = feature_pipeline(LogisticRegression())
    assert classifier_inputs(bare, Z) is Z
    # No warning about names that the classifier was not fitted with.
    assert predict_table(model[-1], inputs).shape == (120, 2)


def make_rows(n_classes):
    rng = np.random.default_rng(n_classes)
    columns = ["mfcc_03_mean", "mfcc_delta_00_std", "tempo", "centroid_max"]
    X = pd.DataFrame(rng.standard_normal((60, 4)), columns=columns)
    y = np.array(["blues", "jazz", "rock"])[np.arange(60) % n_classes]
    return X + pd.factorize(y)[0][:, None] * [1.0, -1.0, 0.5, 0.0], y


def logits_of(classifier, row):
    if isinstance(classifier, LogisticRegression):
        values = classifier.decision_function(row)
    else:
        values = classifier.predict_proba(row, raw_score=True)
    values = np.atleast_2d(values)
    return values[0] if values.size > 1 else np.array([0.0, values.item()])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "classifier",
    [LogisticRegression(), LGBMClassifier(n_estimators=5, min_child_samples=2, verbose=-1)],
    ids=["linear", "trees"],
)
def test_contributions_sum_to_the_logits(classifier, n_classes):
    X, y = make_rows(n_classes)
    row = X.iloc[[7]]
    logits = logits_of(classifier.fit(X, y), row)
    sums = feature_contributions(classifier, row).sum(axis=1)
    # rtol, atol: sums of float64 in another order.
    np.testing.assert_allclose(sums - sums[0], logits - logits[0], rtol=1e-9, atol=1e-9)


def test_linear_contribution_is_coefficient_times_value():
    X, y = make_rows(3)
    classifier = LogisticRegression().fit(X, y)
    added = feature_contributions(classifier, X.iloc[[0]])
    # rtol: one product of float64.
    np.testing.assert_allclose(added[1, 2], classifier.coef_[1, 2] * X.iloc[0, 2], rtol=1e-12)
    np.testing.assert_allclose(added[:, -1], classifier.intercept_, rtol=1e-12)


def test_ensemble_contributions_are_the_mean_of_members():
    X, y = make_rows(3)
    members = [("a", LogisticRegression(C=0.1)), ("b", LogisticRegression(C=10))]
    ensemble = VotingClassifier(members, voting="soft").fit(X, y)
    row = X.iloc[[3]]
    single = [feature_contributions(member, row) for member in ensemble.estimators_]
    assert not np.allclose(*single, rtol=1e-3)
    np.testing.assert_allclose(feature_contributions(ensemble, row), np.mean(single, axis=0))


def test_family_sums_come_largest_first():
    values = pd.Series({"mfcc_03_mean": 1.0, "mfcc_11_std": 2.0, "mfcc_delta_00_max": -5.0})
    assert sum_by_family(values).to_dict() == {"mfcc_delta": -5.0, "mfcc": 3.0}
    assert sum_by_family(values).index[0] == "mfcc_delta"
