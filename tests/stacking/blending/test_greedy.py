"""Greedy selection: known answers, and weights that follow macro F1."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from stemstack.exceptions import UsageError
from stemstack.stacking.blending import GreedyBlend


def predict_as(labels, n_classes, confidence):
    """Return the probabilities of a model that predicts ``labels``."""
    rest = (1 - confidence) / (n_classes - 1)
    return np.where(np.eye(n_classes)[labels] > 0, confidence, rest)


@pytest.fixture
def y():
    return np.random.default_rng(0).integers(3, size=300)


def test_only_the_skilled_model_gets_weight(y):
    rng = np.random.default_rng(1)
    noise = [predict_as(rng.integers(3, size=300), 3, 0.5) for _ in range(4)]
    blend = GreedyBlend(bag_fraction=1.0).fit(np.hstack([*noise, predict_as(y, 3, 0.5)]), y)
    assert blend.weights_["model4"] > 0.9


def test_complementary_models_both_get_weight(y):
    """One model cannot separate a from b, the other not b from c; together they can."""
    no_ab = np.where(y[:, None] == 2, predict_as(y, 3, 0.8), [0.45, 0.45, 0.1])
    no_bc = np.where(y[:, None] == 0, predict_as(y, 3, 0.8), [0.1, 0.45, 0.45])
    X = np.hstack([no_ab, no_bc])
    blend = GreedyBlend().fit(X, y)
    assert blend.weights_.min() > 0.2
    assert blend.score(X, y) == 1.0


def test_rare_class_counts_like_common_one():
    """The more accurate of two models never predicts the rare class: the other is selected."""
    y = np.repeat([0, 1], [280, 20])
    rng = np.random.default_rng(2)
    always_common = np.zeros(300, dtype=int)
    balanced = np.where(rng.random(300) < 0.88, y, 1 - y)
    assert (always_common == y).mean() > (balanced == y).mean()
    assert f1_score(y, balanced, average="macro") > f1_score(y, always_common, average="macro")
    X = np.c_[predict_as(always_common, 2, 0.9)[:, 1], predict_as(balanced, 2, 0.9)[:, 1]]
    blend = GreedyBlend().fit(X, y)
    assert blend.weights_["model1"] > 0.5
    assert (blend.predict(X) == balanced).all()


def test_random_state_decides_the_weights(y):
    rng = np.random.default_rng(3)
    X = np.hstack([predict_as(np.where(rng.random(300) < 0.7, y, 0), 3, 0.5) for _ in range(6)])
    one, again = (GreedyBlend(random_state=5).fit(X, y).weights_ for _ in range(2))
    assert (one == again).all()
    assert (one != GreedyBlend(random_state=6).fit(X, y).weights_).any()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("bag_fraction", 0, r"a number in \(0, 1\]\. Got 0"),
        ("bag_fraction", float("nan"), r"a number in \(0, 1\]\. Got nan"),
        ("n_bags", 0, r"a whole number, at least 1\. Got 0"),
        ("n_bags", 2.5, r"a whole number, at least 1\. Got 2\.5"),
        ("n_steps", -1, r"a whole number, at least 0\. Got -1"),
    ],
)
def test_parameters_out_of_range_are_refused(y, name, value, expected):
    with pytest.raises(UsageError, match=f"{name} must be {expected}"):
        GreedyBlend(**{name: value}).fit(predict_as(y, 3, 0.5), y)


def test_sample_weight_changes_the_selection(y):
    heavy = np.arange(300) < 100
    models = [np.where(heavy, y, 0), np.where(heavy, 0, y)]
    X = np.hstack([predict_as(labels, 3, 0.8) for labels in models])
    assert GreedyBlend().fit(X, y).weights_["model1"] > 0.5
    weighted = GreedyBlend().fit(X, y, sample_weight=np.where(heavy, 100, 1))
    assert weighted.weights_["model0"] > 0.9
