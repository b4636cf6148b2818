"""Several labels for a row: folds, meta-models by label, scores, and the stacker as a whole."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from stemstack import SpectralFeatures
from stemstack.exceptions import DataError, UsageError
from stemstack.stacking import (
    LabelwiseClassifier,
    OutOfFoldStacker,
    assign_folds,
    make_blend,
    nested_predictions,
)
from stemstack.stacking.labelwise import score_labels

X, Y = make_multilabel_classification(120, n_features=8, n_classes=3, n_labels=2, random_state=0)
SONGS = np.repeat(np.arange(60), 2)
MODELS = [
    ("lr", OneVsRestClassifier(LogisticRegression(max_iter=1000))),
    ("tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
]


@pytest.fixture(scope="module")
def stack():
    return OutOfFoldStacker(MODELS, cv=3, random_state=0).fit(X, Y, groups=SONGS)


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(2, 5))
def test_folds_spread_every_label_evenly(seed, n_folds):
    rng = np.random.default_rng(seed)
    y = (rng.random((200, 4)) < [0.5, 0.3, 0.2, 0.1]).astype(int)
    folds = assign_folds(y, n_folds=n_folds, seed=seed)
    for label in range(4):
        counts = np.bincount(folds, y[:, label], n_folds)
        # At random the counts of the most frequent label differ by about 20.
        assert counts.max() - counts.min() <= 4
    assert np.ptp(np.bincount(folds)) <= 8


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_folds_keep_groups_together(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(40, size=200)
    y = (rng.random((200, 3)) < 0.5).astype(int)
    folds = assign_folds(y, groups, n_folds=4, seed=seed)
    assert (pd.Series(folds).groupby(groups).nunique() == 1).all()
    assert np.bincount(folds).min() > 25


def test_label_of_one_group_is_an_error():
    y = Y.copy()
    y[:, 0] = SONGS == 7
    with pytest.raises(DataError, match="All rows with label 0 are in one fold"):
        assign_folds(y, SONGS, n_folds=3)
    y[:, 0] = 0
    with pytest.raises(DataError, match="No row has label 0; leave the column out"):
        assign_folds(y, SONGS, n_folds=3)
    with pytest.raises(DataError, match="No row has label jazz; leave the column out"):
        assign_folds(pd.DataFrame(y, columns=["jazz", "rock", "soul"]), SONGS, n_folds=3)


@pytest.mark.parametrize("y", [Y + 1, 2 * Y, 1.0 - 2 * Y])
def test_other_numbers_are_no_indicator(y):
    with pytest.raises(ValueError, match="should be a 1d array"):
        assign_folds(y, SONGS, n_folds=3)


def test_columns_are_models_by_label(stack):
    assert list(stack.oof_) == [f"{name}__{i}" for name in ("lr", "tree") for i in range(3)]
    fold = stack.folds_ == 1
    lr = MODELS[0][1].fit(X[~fold], Y[~fold])
    np.testing.assert_allclose(stack.oof_.loc[fold, "lr__2"], lr.predict_proba(X[fold])[:, 2])
    tree = MODELS[1][1].fit(X[~fold], Y[~fold])
    expected = tree.predict_proba(X[fold])[2][:, 1]
    np.testing.assert_allclose(stack.oof_.loc[fold, "tree__2"], expected)


def test_scores_are_those_of_scikit_learn(stack):
    oof = stack.oof_.iloc[:, :3].to_numpy()
    expected = {
        "macro_f1": f1_score(Y, oof > 0.5, average="macro"),
        "average_precision": average_precision_score(Y, oof),
        "roc_auc": roc_auc_score(Y, oof),
    }
    for name, value in expected.items():
        assert stack.scores_.loc["lr", name] == pytest.approx(value, rel=1e-9)
    nested = nested_predictions(LabelwiseClassifier(), stack.oof_.to_numpy(), Y, stack.folds_)
    score = f1_score(Y, nested, average="macro")
    assert stack.scores_.loc["stack", "macro_f1"] == pytest.approx(score, rel=1e-9)
    assert (stack.scores_["low"] < stack.scores_["macro_f1"]).all()
    assert (stack.scores_["high"] > stack.scores_["macro_f1"]).all()


def test_one_group_allows_no_interval():
    scores = score_labels(Y, Y, groups=np.zeros(len(Y)))
    assert (scores["macro_f1"], scores["low"], scores["high"]) == (1.0, 0.0, 1.0)
    assert np.isnan(scores["roc_auc"])


def test_new_rows_have_a_probability_of_each_label(stack):
    proba = stack.predict_proba(X[:5])
    assert proba.shape == (5, 3) and (proba >= 0).all() and (proba <= 1).all()
    expected = proba >= stack.final_estimator_.thresholds_
    np.testing.assert_array_equal(stack.predict(X[:5]), expected)
    assert stack.predict(X).shape == Y.shape


@pytest.mark.parametrize("final", ["nnls", "greedy", "mean", "vote"])
def test_blends_have_weights_for_each_label(final):
    stack = OutOfFoldStacker(MODELS, make_blend(final), cv=3, random_state=0, refit=True)
    stack.fit(X, Y, groups=SONGS)
    assert len(stack.final_estimator_.estimators_) == 3
    assert f1_score(Y, stack.predict(X), average="macro") > 0.8


def test_final_estimator_of_several_labels_stays():
    stack = OutOfFoldStacker(MODELS, KNeighborsClassifier(), cv=3, random_state=0).fit(X, Y)
    assert isinstance(stack.final_estimator_, KNeighborsClassifier)
    assert stack.predict_proba(X[:4]).shape == (4, 3)
    passed = OutOfFoldStacker(MODELS, cv=3, passthrough=True, random_state=0).fit(X, Y)
    assert passed.transform(X[:4]).shape == (4, 6 + 8) and passed.predict(X).shape == Y.shape


def test_labels_are_named_by_a_table(stack):
    names = ["blues", "jazz", "rock"]
    named = OutOfFoldStacker(MODELS, cv=3, random_state=0)
    named.fit(X, pd.DataFrame(Y, columns=names), groups=SONGS)
    assert list(named.oof_)[:3] == [f"lr__{name}" for name in names]
    sparse = OutOfFoldStacker(MODELS, cv=3, random_state=0).fit(X, csr_array(Y), groups=SONGS)
    for other in (named, sparse):
        np.testing.assert_array_equal(other.predict(X), stack.predict(X))


def test_regressor_of_labels_is_refused():
    with pytest.raises(UsageError, match="LinearRegression is a regressor, which predicts no lab"):
        OutOfFoldStacker([("ols", LinearRegression())], cv=3).fit(X, Y)


def test_each_label_has_its_best_threshold():
    rng = np.random.default_rng(0)
    y = (rng.random((300, 2)) < [0.5, 0.05]).astype(int)
    proba = np.clip(0.3 * y + 0.3 * rng.random(y.shape), 0, 1)
    fitted = LabelwiseClassifier(make_blend("mean")).fit(np.hstack([proba, proba]), y)
    found = [f1_score(y[:, i], fitted.predict(np.hstack([proba, proba]))[:, i]) for i in range(2)]
    best = [
        max(f1_score(y[:, i], proba[:, i] >= t) for t in np.unique(proba[:, i])) for i in range(2)
    ]
    assert found == pytest.approx(best, rel=1e-12)
    assert fitted.thresholds_.max() < 0.5


def test_unsuitable_columns_are_refused():
    with pytest.raises(DataError, match=r"X has 4 columns, and y has shape \(120, 3\)"):
        LabelwiseClassifier().fit(X[:, :4], Y)


# The checks of scikit-learn that fit have other columns than those of models.
def test_labelwise_classifier_keeps_the_contract():
    proba = np.hstack([0.2 + 0.6 * Y, 0.3 + 0.4 * Y])
    classifier = LabelwiseClassifier(LogisticRegression(C=0.1))
    assert clone(classifier).get_params()["estimator__C"] == 0.1
    with pytest.raises(NotFittedError):
        classifier.predict(proba)
    assert classifier.fit(proba, Y) is classifier and classifier.n_features_in_ == 6
    assert [classes.tolist() for classes in classifier.classes_] == [[0, 1]] * 3
    with pytest.raises(ValueError, match="X has 3 features"):
        classifier.predict(proba[:, :3])
    assert classifier.score(proba, Y) == 1.0
    loaded = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(loaded.predict_proba(proba), classifier.predict_proba(proba))
    weighted = clone(classifier).fit(proba, Y, sample_weight=np.ones(len(Y)))
    np.testing.assert_allclose(weighted.predict_proba(proba), classifier.predict_proba(proba))


def test_tones_of_clips_are_their_labels():
    rng, hertz = np.random.default_rng(0), (220, 620, 1500)
    y = np.array([[n & 1, n >> 1 & 1, n >> 2 & 1] for n in range(8)] * 4)
    time = np.arange(8000) / 16000
    clips = [
        sum(on * np.sin(2 * np.pi * f * time) for on, f in zip(row, hertz, strict=True))
        + 0.1 * rng.standard_normal(len(time))
        for row in y
    ]
    features = SpectralFeatures(sr=16000, families="mfcc|contrast")
    logistic = OneVsRestClassifier(LogisticRegression(max_iter=1000))
    model = make_pipeline(features, StandardScaler(), logistic)
    stack = OutOfFoldStacker([("lr", model)], cv=4, random_state=0)
    stack.fit(clips, y, groups=np.arange(32))
    assert stack.scores_.loc["stack", "macro_f1"] > 0.9
    assert stack.predict(clips[:8]).tolist() == y[:8].tolist()
