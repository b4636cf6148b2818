"""Targets: between labels in tables, arrays for estimators, probabilities and scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from stemstack.runs.target import make_target

NAMES = ["bird", "hum", "rain"]
LABELS, CLASSES = make_target(NAMES, ";"), make_target(NAMES)
RNG = np.random.default_rng(0)


@given(arrays.arrays(int, st.tuples(st.integers(1, 6), st.just(3)), elements=st.integers(0, 1)))
def test_decoded_labels_are_encoded_again(y):
    np.testing.assert_array_equal(LABELS.encode(LABELS.decode(y)), y)


def test_classes_are_their_own_code():
    y = CLASSES.encode(["rain", "bird"])
    assert CLASSES.decode(y).tolist() == ["rain", "bird"] and y.dtype == object
    assert CLASSES.thresholds(y, np.eye(3)[:2]) is None
    assert CLASSES.predict(np.eye(3)).tolist() == NAMES


def test_thresholds_maximise_the_f1_of_each_label():
    y = RNG.integers(0, 2, (60, 3))
    proba = np.clip(0.3 * y + 0.5 * RNG.random((60, 3)), 0, 1)
    best = LABELS.predict(proba, LABELS.thresholds(y, proba))
    found = f1_score(y, best, average=None)
    for threshold in np.linspace(0, 1, 101):
        assert (f1_score(y, proba >= threshold, average=None, zero_division=0) <= found).all()


def test_fold_does_not_choose_its_own_threshold():
    # The best threshold of fold 1 alone is 0.5, that of fold 0 is 0.25.
    y = np.tile([[1, 0, 1], [0, 1, 0]], (4, 1))
    folds = np.repeat([0, 1], 4)
    proba = np.where(folds[:, None] == 0, 0.1 + 0.3 * y, 0.4 + 0.2 * y)
    y_pred = LABELS.predict_out_of_fold(y, proba, folds)
    np.testing.assert_array_equal(y_pred[folds == 0], np.zeros((4, 3)))
    np.testing.assert_array_equal(y_pred[folds == 1], np.ones((4, 3)))


def test_scores_are_those_of_scikit_learn():
    y, proba = RNG.integers(0, 2, (50, 3)), RNG.random((50, 3))
    y_pred = LABELS.predict(proba, [0.5] * 3)
    scores = LABELS.score(y, y_pred, proba)
    assert scores["macro_f1"] == pytest.approx(f1_score(y, y_pred, average="macro"))
    assert scores["accuracy"] == (y == y_pred).all(axis=1).mean()
    assert scores["average_precision"] == pytest.approx(average_precision_score(y, proba))
    assert scores["roc_auc"] == pytest.approx(roc_auc_score(y, proba))
    assert list(scores["per_class_f1"]) == NAMES and "confusion" not in scores


def test_label_without_contrast_is_not_ranked():
    y = np.array([[1, 0, 0], [0, 1, 0]])
    proba = np.array([[0.9, 0.1, 0.5], [0.2, 0.3, 0.5]])
    scores = LABELS.score(y, y, proba)
    assert (scores["average_precision"], scores["roc_auc"]) == (1.0, 1.0)
    nothing = LABELS.score(y * 0, y * 0, proba)
    assert nothing["roc_auc"] is None
