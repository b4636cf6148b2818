"""Scores equal to scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score

from stemstack.stacking import score_classes
from stemstack.stacking.metrics.f1 import macro_f1, macro_f1_of_codes

CLASSES = ["a", "b & c", "<d>"]


def test_scores_are_scikit_learns():
    rng = np.random.default_rng(0)
    truth = rng.choice(CLASSES, 60)
    guess = np.where(rng.random(60) < 0.6, truth, rng.choice(CLASSES, 60))
    score = score_classes(truth, guess, CLASSES)
    # rtol: means taken in another order.
    np.testing.assert_allclose(
        score["macro_f1"], f1_score(truth, guess, average="macro"), rtol=1e-12
    )
    assert score["confusion"] == confusion_matrix(truth, guess, labels=CLASSES).tolist()
    assert score["accuracy"] == np.mean(truth == guess)
    assert score["n"] == 60


def test_a_class_never_guessed_counts_as_zero():
    score = score_classes(["a", "a", "b & c"], ["a", "a", "a"], CLASSES)
    assert score["per_class_f1"] == {"a": 0.8, "b & c": 0.0, "<d>": 0.0}


@given(seed=st.integers(0, 999), n=st.integers(1, 30), n_classes=st.integers(1, 5))
def test_equals_scikit_learn(seed, n, n_classes):
    rng = np.random.default_rng(seed)
    y, predicted = rng.integers(n_classes, size=(2, n)).astype(str)
    expected = f1_score(y, predicted, average="macro", zero_division=0)
    # rel: two orders of one short sum.
    assert macro_f1(y, predicted) == pytest.approx(expected, rel=1e-12)


def test_scores_many_predictions_at_once():
    rng = np.random.default_rng(0)
    y, predicted = rng.integers(3, size=20), rng.integers(3, size=(2, 4, 20))
    together = macro_f1_of_codes(y, predicted, 3)
    assert together.shape == (2, 4)
    for at in np.ndindex(2, 4):
        # rel: two orders of one short sum.
        assert together[at] == pytest.approx(macro_f1(y, predicted[at]), rel=1e-12)
