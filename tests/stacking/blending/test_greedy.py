"""Greedy selection: known answers, and macro F1 is what it follows."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from stemstack.exceptions import UsageError
from stemstack.stacking.blending import GreedyBlend


def say(labels, n_classes, sure):
    """Give the probabilities of a model that says ``labels``, that sure."""
    rest = (1 - sure) / (n_classes - 1)
    return np.where(np.eye(n_classes)[labels] > 0, sure, rest)


@pytest.fixture
def y():
    return np.random.default_rng(0).integers(3, size=300)


def test_only_the_model_that_knows_is_taken(y):
    rng = np.random.default_rng(1)
    noise = [say(rng.integers(3, size=300), 3, 0.5) for _ in range(4)]
    blend = GreedyBlend(bag_fraction=1.0).fit(np.hstack([*noise, say(y, 3, 0.5)]), y)
    assert blend.weights_["model4"] > 0.9


def test_models_that_complete_each_other_are_both_taken(y):
    """One model cannot tell a from b, the other not b from c; together they can tell all."""
    no_ab = np.where(y[:, None] == 2, say(y, 3, 0.8), [0.45, 0.45, 0.1])
    no_bc = np.where(y[:, None] == 0, say(y, 3, 0.8), [0.1, 0.45, 0.45])
    X = np.hstack([no_ab, no_bc])
    blend = GreedyBlend().fit(X, y)
    assert blend.weights_.min() > 0.2
    assert blend.score(X, y) == 1.0


def test_the_rare_class_counts_as_much_as_the_common():
    """Of two models, the more accurate never says the rare class: macro F1 prefers the other."""
    y = np.repeat([0, 1], [280, 20])
    rng = np.random.default_rng(2)
    always_common = np.zeros(300, dtype=int)
    balanced = np.where(rng.random(300) < 0.88, y, 1 - y)
    assert (always_common == y).mean() > (balanced == y).mean()
    assert f1_score(y, balanced, average="macro") > f1_score(y, always_common, average="macro")
    X = np.stack([say(said, 2, 0.9)[:, 1] for said in (always_common, balanced)], axis=1)
    blend = GreedyBlend().fit(X, y)
    assert blend.weights_["model1"] > 0.5
    assert (blend.predict(X) == balanced).all()


def test_seeds_repeat(y):
    rng = np.random.default_rng(3)
    X = np.hstack([say(np.where(rng.random(300) < 0.7, y, 0), 3, 0.5) for _ in range(6)])
    one, again = (GreedyBlend(random_state=5).fit(X, y).weights_ for _ in range(2))
    assert (one == again).all()
    assert (one != GreedyBlend(random_state=6).fit(X, y).weights_).any()


def test_settings_out_of_range_are_refused(y):
    with pytest.raises(UsageError, match=r"bag_fraction must be in \(0, 1\]"):
        GreedyBlend(bag_fraction=0).fit(say(y, 3, 0.5), y)


def test_the_model_that_knows_the_heavy_clips_is_taken(y):
    heavy = np.arange(300) < 100
    X = np.hstack([say(np.where(heavy, y, 0), 3, 0.8), say(np.where(heavy, 0, y), 3, 0.8)])
    assert GreedyBlend().fit(X, y).weights_["model1"] > 0.5
    weighted = GreedyBlend().fit(X, y, sample_weight=np.where(heavy, 100, 1))
    assert weighted.weights_["model0"] > 0.9
