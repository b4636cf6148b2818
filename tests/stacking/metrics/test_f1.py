"""Macro F1 and its companions equal scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score

from stemstack.stacking import score_classes
from stemstack.stacking.metrics.f1 import macro_f1, macro_f1_of_codes

CLASSES = ["a", "b & c", "<d>"]


def test_score_classes_equals_scikit_learn():
    rng = np.random.default_rng(0)
    y_true = rng.choice(CLASSES, 60)
    y_pred = np.where(rng.random(60) < 0.6, y_true, rng.choice(CLASSES, 60))
    score = score_classes(y_true, y_pred, CLASSES)
    # rtol: means taken in another order.
    np.testing.assert_allclose(
        score["macro_f1"], f1_score(y_true, y_pred, average="macro"), rtol=1e-12
    )
    assert score["confusion"] == confusion_matrix(y_true, y_pred, labels=CLASSES).tolist()
    assert score["accuracy"] == np.mean(y_true == y_pred)
    assert score["n"] == 60


def test_class_never_predicted_scores_zero():
    score = score_classes(["a", "a", "b & c"], ["a", "a", "a"], CLASSES)
    assert score["per_class_f1"] == {"a": 0.8, "b & c": 0.0, "<d>": 0.0}


def test_absent_class_does_not_count_in_macro_f1():
    y_true, y_pred = ["a", "a", "b & c"], ["a", "b & c", "b & c"]
    score = score_classes(y_true, y_pred, CLASSES)
    # rel: two orders of one short sum.
    assert score["macro_f1"] == pytest.approx(2 / 3, rel=1e-12)
    assert score["macro_f1"] == macro_f1(y_true, y_pred)
    assert score["per_class_f1"]["<d>"] == 0.0


@given(seed=st.integers(0, 999), n=st.integers(1, 30), n_classes=st.integers(1, 5))
def test_macro_f1_equals_scikit_learn(seed, n, n_classes):
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.integers(n_classes, size=(2, n)).astype(str)
    expected = f1_score(y_true, y_pred, average="macro", zero_division=0)
    # rel: two orders of one short sum.
    assert macro_f1(y_true, y_pred) == pytest.approx(expected, rel=1e-12)


def test_many_predictions_are_scored_at_once():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(3, size=20), rng.integers(3, size=(2, 4, 20))
    scores = macro_f1_of_codes(y_true, y_pred, 3)
    assert scores.shape == (2, 4)
    for index in np.ndindex(2, 4):
        # rel: two orders of one short sum.
        assert scores[index] == pytest.approx(macro_f1(y_true, y_pred[index]), rel=1e-12)
