"""Scores equal to scikit-learn's."""

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score

from stemstack.reports import score_classes

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
