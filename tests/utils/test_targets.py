"""Missing labels and wrong weights are one message, wherever they are passed."""

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB

from stemstack.exceptions import DataError
from stemstack.features import SpectralFeatures
from stemstack.models import EffNetClassifier
from stemstack.stacking import (
    OutOfFoldStacker,
    assign_folds,
    macro_f1,
    make_blend,
    nested_predictions,
    oof_predictions,
    pseudo_label,
    score_classes,
)
from stemstack.utils.targets import check_labels, check_sample_weight

X = np.random.default_rng(0).random((8, 2))
FOLDS = np.arange(8) // 2 % 2
MODELS = [("nb", GaussianNB())]
Y = ["a", "b", "a", "b", "a", "b", "a", "b"]

MISSING = {
    "None": [*Y[:7], None],
    "NaN": [*Y[:7], np.nan],
    "NaN array": np.array([*Y[:7], np.nan], dtype=object),
    "NaN floats": [0.0, 1.0] * 3 + [0.0, np.nan],
    "pd.NA": pd.Series([*Y[:7], pd.NA], dtype="string"),
    "column": np.array([*Y[:7], None], dtype=object)[:, None],
}
USERS = {
    "stacker": lambda y: OutOfFoldStacker(MODELS, cv=2).fit(X, y),
    "blend": lambda y: make_blend("mean").fit(X, y),
    "out-of-fold": lambda y: oof_predictions(MODELS, X, y, FOLDS),
    "nested": lambda y: nested_predictions(GaussianNB(), X, y, FOLDS),
    "pseudo-labels": lambda y: pseudo_label(MODELS, X, y, FOLDS, X),
    "folds": lambda y: assign_folds(y, n_folds=2),
    "macro F1": lambda y: macro_f1(y, Y),
    "scores": lambda y: score_classes(y, Y, ["a", "b"]),
    "features": lambda y: SpectralFeatures(8000).fit(X, y),
    "network": lambda y: EffNetClassifier("cnn_tiny", weights="none").fit(X, y),
}


@pytest.mark.parametrize("y", MISSING.values(), ids=MISSING)
@pytest.mark.parametrize("use", USERS.values(), ids=USERS)
def test_missing_label_is_one_message(use, y):
    with pytest.raises(DataError, match="Row 7 has no label; add it, or leave the row out"):
        use(y)


@pytest.mark.parametrize(
    ("weights", "problem"),
    [
        (np.ones(3), r"one value per row, shape \(8,\). Got shape \(3,\)"),
        (np.ones(9), r"Got shape \(9,\)"),
        (np.ones((8, 1)), r"Got shape \(8, 1\)"),
        ([1] * 7 + [None], "Got nan in row 7"),
        ([1] * 7 + [np.inf], "Got inf in row 7"),
        ([1] * 7 + [-1], "Got -1.0 in row 7"),
        (np.zeros(8), "0 in all rows"),
        (["a"] * 8, "must hold numbers"),
    ],
)
def test_wrong_weights_are_refused_before_fitting(weights, problem):
    with pytest.raises(DataError, match=f"sample_weight.*{problem}"):
        OutOfFoldStacker(MODELS, cv=2).fit(X, Y, sample_weight=weights)
    with pytest.raises(DataError, match=f"sample_weight.*{problem}"):
        make_blend("greedy").fit(X, Y, sample_weight=weights)


def test_labels_and_weights_are_returned_as_arrays():
    assert check_labels(pd.Categorical(["b", "a"]), 2).tolist() == ["b", "a"]
    assert check_sample_weight(2, 3).tolist() == [2, 2, 2]
    with pytest.raises(DataError, match=r"one label per row, 3 in all\. Got 2"):
        check_labels(["a", "b"], 3)


def test_network_needs_a_group_per_clip():
    with pytest.raises(DataError, match="Row 7 has no group"):
        EffNetClassifier("cnn_tiny", weights="none").fit(X, Y, groups=[1] * 7 + [None])
