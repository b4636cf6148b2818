"""Folds that do not leak, and a stacker equal to scikit-learn's where both apply."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from stemstack.errors import DataError, UsageError
from stemstack.stacking import Ledger, OutOfFoldStacker, assign_folds, content_key, fold_balance

MODELS = [
    ("lr", LogisticRegression(max_iter=500)),
    ("tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
]


@given(data=st.data(), n_folds=st.integers(2, 4), seed=st.integers(0, 9))
def test_no_group_stands_in_two_folds(data, n_folds, seed):
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=3 * n_folds, max_size=20))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    y = np.array(["a", "b", "c"])[groups % 3]
    try:
        folds = assign_folds(y, groups, n_folds=n_folds, seed=seed)
    except DataError:
        assume(False)
    assert pd.Series(folds).groupby(groups).nunique().max() == 1
    assert set(folds) <= set(range(n_folds))


def test_folds_are_stratified_and_repeatable():
    y = np.repeat(["a", "b"], [40, 20])
    folds = assign_folds(y, n_folds=4, seed=1)
    assert fold_balance(y, folds).to_numpy().tolist() == [[10] * 4, [5] * 4]
    np.testing.assert_array_equal(folds, assign_folds(y, n_folds=4, seed=1))
    assert (folds != assign_folds(y, n_folds=4, seed=2)).any()


def test_impossible_folds_are_refused():
    with pytest.raises(DataError, match=r"fewer songs or groups than the 5 folds: b \(3\)"):
        assign_folds(["a"] * 9 + ["b"] * 3, n_folds=5)
    with pytest.raises(DataError, match=r"b \(1\)"):
        assign_folds(["a", "a", "b", "b"], groups=[0, 1, 2, 2], n_folds=2)
    with pytest.raises(UsageError, match=r"2 or more\. Got 1"):
        assign_folds(["a", "b"], n_folds=1)


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
@pytest.mark.parametrize("passthrough", [False, True])
def test_equals_stacking_classifier_where_both_apply(load, passthrough):
    X, y = load(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    cv = StratifiedKFold(5, shuffle=True, random_state=1)
    final = LogisticRegression(max_iter=1000)
    ours = OutOfFoldStacker(MODELS, final, cv=cv, refit=True, passthrough=passthrough).fit(X, y)
    theirs = StackingClassifier(MODELS, final, cv=cv, passthrough=passthrough).fit(X, y)
    # atol: the same arithmetic on the same numbers.
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X)[:, : ours.oof_.shape[1]])


def test_oof_is_a_table_with_named_columns_and_the_index_of_x():
    X, y = load_iris(return_X_y=True, as_frame=True)
    X.index = [f"clip{i}" for i in range(len(X))]
    y = y.map({0: "a", 1: "b", 2: "c"})
    stack = OutOfFoldStacker(MODELS, cv=3, random_state=0).fit(X, y)
    assert list(stack.oof_) == ["lr__a", "lr__b", "lr__c", "tree__a", "tree__b", "tree__c"]
    assert stack.oof_.index.equals(X.index)
    assert list(stack.get_feature_names_out()) == list(stack.oof_)
    assert set(stack.scores_.index) == {"lr", "tree", "stack"}
    assert stack.scores_.min() > 0.9


def test_oof_rows_come_from_models_that_did_not_see_them():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((60, 2)), rng.integers(0, 2, 60)
    groups = np.repeat(np.arange(20), 3)
    stack = OutOfFoldStacker([("nb", GaussianNB())], cv=4, random_state=0).fit(X, y, groups)
    for fold, model in enumerate(stack.estimators_[0]):
        held_out = stack.folds_ == fold
        again = clone(model).fit(X[~held_out], y[~held_out])
        expected = again.predict_proba(X[held_out])[:, 1]
        np.testing.assert_array_equal(stack.oof_["nb"].to_numpy()[held_out], expected)
    assert pd.Series(stack.folds_).groupby(groups).nunique().max() == 1


def test_a_lookup_model_scores_at_chance_when_groups_are_kept_together():
    """Copies of a song must not help: a nearest neighbour finds them across a leaky split."""
    rng = np.random.default_rng(0)
    songs = rng.standard_normal((60, 8))
    X, groups = np.repeat(songs, 4, axis=0), np.repeat(np.arange(60), 4)
    y = np.repeat(rng.permutation(60) % 2, 4)
    model = [("knn", KNeighborsClassifier(1))]
    leaky = OutOfFoldStacker(model, random_state=0).fit(X, y).scores_["knn"]
    honest = OutOfFoldStacker(model, random_state=0).fit(X, y, groups).scores_["knn"]
    assert leaky > 0.95
    assert honest < 0.7


def test_averages_fold_models_without_refit():
    X, y = load_iris(return_X_y=True)
    stack = OutOfFoldStacker(MODELS, cv=3, random_state=0).fit(X, y)
    mean = np.mean([model.predict_proba(X) for model in stack.estimators_[1]], axis=0)
    # rtol: order of a mean over three.
    np.testing.assert_allclose(stack.transform(X)[:, 3:], mean, rtol=1e-12)


def test_takes_clips_that_are_no_arrays():
    class Length(GaussianNB):
        def fit(self, X, y):
            return super().fit([[len(clip)] for clip in X], y)

        def predict_proba(self, X):
            return super().predict_proba([[len(clip)] for clip in X])

    clips = ["a" * n for n in range(1, 41)]
    y = ["short"] * 20 + ["long"] * 20
    stack = OutOfFoldStacker([("length", Length())], cv=4, random_state=0).fit(clips, y)
    assert stack.scores_["length"] > 0.9
    assert stack.predict(["a", "a" * 40]).tolist() == ["short", "long"]


def test_stack_methods():
    X, y = load_breast_cancer(return_X_y=True)
    models = [("ridge", RidgeClassifier())]
    stack = OutOfFoldStacker(models, random_state=0).fit(X, y)
    assert stack.stack_method_ == ["decision_function"]
    assert stack.scores_["ridge"] > 0.9
    with pytest.raises(UsageError, match="RidgeClassifier has no method 'predict_proba'"):
        OutOfFoldStacker(models, stack_method="predict_proba").fit(X, y)
    with pytest.raises(UsageError, match="'stack_method' must be"):
        OutOfFoldStacker(models, stack_method="logits").fit(X, y)


def test_splits_must_hold_out_each_row_once():
    X, y = load_iris(return_X_y=True)
    rows = np.arange(150)
    with pytest.raises(DataError, match="never holds out row"):
        OutOfFoldStacker(MODELS, cv=[(rows[::2], rows[1::2])]).fit(X, y)
    with pytest.raises(DataError, match="held out exactly once"):
        OutOfFoldStacker(MODELS, cv=[(rows, rows), (rows, rows)]).fit(X, y)
    with pytest.raises(DataError, match="missing from the training side"):
        OutOfFoldStacker(MODELS, cv=[(rows[50:], rows[:50]), (rows[:50], rows[50:])]).fit(X, y)


def test_parameters_of_the_estimators_are_its_own():
    stack = OutOfFoldStacker(MODELS).set_params(lr__C=0.5)
    assert stack.get_params()["lr__C"] == 0.5
    MODELS[0][1].set_params(C=1.0)
    with pytest.raises(UsageError, match="at least one"):
        OutOfFoldStacker([]).fit([[0], [1]], [0, 1])


@parametrize_with_checks([OutOfFoldStacker(MODELS, cv=3, random_state=0)])
def test_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)


def test_ledger_keeps_what_was_written(tmp_path):
    ledger = Ledger(tmp_path)
    oof = pd.DataFrame({"lr__id": [0.25, 0.75], "lr__split": [0.75, 0.25]}, index=["x", "y"])
    assert not ledger.has("lr", 0, "key")
    with pytest.raises(DataError, match="no such entry"):
        ledger.read("lr", 0, "key", "oof")
    ledger.write("lr", 0, "key", oof=oof, test=oof[:1])
    pd.testing.assert_frame_equal(ledger.read("lr", 0, "key", "oof"), oof, check_names=False)
    assert len(ledger.read("lr", 0, "key", "test")) == 1
    assert [path.name for path in (tmp_path / "lr").iterdir()] == ["fold0-key.parquet"]


def test_content_keys_follow_content():
    assert content_key(a=1, b=[2]) == content_key(b=[2], a=1)
    assert content_key(a=1) != content_key(a=2)
