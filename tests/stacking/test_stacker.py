"""The stacker equals scikit-learn's where both apply, and handles groups and clips."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from helpers.signals import low_and_high_tones
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from stemstack.exceptions import ClipTypeError, DataError, UsageError
from stemstack.models import make_lr
from stemstack.stacking import OutOfFoldStacker, oof_predictions

MODELS = [
    ("lr", LogisticRegression(max_iter=500)),
    ("tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
]
LOADERS = [load_iris, load_wine, load_breast_cancer]


def standardised(load):
    X, y = load(return_X_y=True)
    return (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-9), y


def assert_equal_stacks(models, X, y, *, fit_params=None, **settings):
    cv = StratifiedKFold(4, shuffle=True, random_state=1)
    final = LogisticRegression(max_iter=1000)
    fit_params = fit_params or {}
    stack = OutOfFoldStacker(models, final, cv=cv, refit=True, **settings).fit(X, y, **fit_params)
    reference = StackingClassifier(models, final, cv=cv, **settings).fit(X, y, **fit_params)
    # atol: the same arithmetic on the same numbers.
    np.testing.assert_allclose(
        stack.predict_proba(X), reference.predict_proba(X), rtol=0, atol=1e-9
    )
    np.testing.assert_array_equal(stack.predict(X), reference.predict(X))
    np.testing.assert_allclose(stack.transform(X), reference.transform(X), rtol=0, atol=1e-9)


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("passthrough", [False, True])
def test_equals_stacking_classifier_where_both_apply(load, passthrough):
    assert_equal_stacks(MODELS, *standardised(load), passthrough=passthrough)


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("stack_method", ["predict_proba", "decision_function", "predict"])
def test_equals_stacking_classifier_by_every_stack_method(load, stack_method):
    models = [("lr", LogisticRegression(max_iter=500)), ("lr2", LogisticRegression(C=0.01))]
    X, y = standardised(load)
    assert_equal_stacks(models, X, np.array(["q", "p", "r"])[y], stack_method=stack_method)


@pytest.mark.parametrize("load", [*LOADERS, load_digits])
def test_equals_stacking_classifier_with_sample_weight(load):
    X, y = standardised(load)
    weights = np.random.default_rng(0).uniform(0.1, 3, len(y))
    assert_equal_stacks(MODELS, X[:600], y[:600], fit_params={"sample_weight": weights[:600]})


def test_frozen_estimators_are_not_fitted():
    X, y = standardised(load_wine)
    fitted = GaussianNB().fit(X[::2], y[::2])
    models = [("frozen", FrozenEstimator(fitted)), *MODELS]
    stack = OutOfFoldStacker(models, cv=3, n_repeats=2, random_state=0).fit(X[1::2], y[1::2])
    columns = [f"frozen__{label}" for label in range(3)]
    expected = fitted.predict_proba(X[1::2])
    # rtol: a mean of two equal numbers.
    np.testing.assert_allclose(stack.oof_[columns], expected, rtol=1e-12)
    assert [len(models) for models in stack.estimators_] == [1, 6, 6]
    with pytest.raises(DataError, match="was fitted on class 2, which is not in y"):
        stack.fit(X[y < 2], y[y < 2])


@pytest.mark.slow
def test_frozen_estimators_are_stored_once_in_parallel():
    X, y = standardised(load_wine)
    models = [("frozen", FrozenEstimator(GaussianNB().fit(X[::2], y[::2]))), *MODELS]
    parallel = OutOfFoldStacker(models, cv=3, n_jobs=2).fit(X, y)
    assert [len(models) for models in parallel.estimators_] == [1, 3, 3]


def test_equals_prefit_stacking_classifier():
    X, y = standardised(load_iris)
    fitted = [(name, clone(model).fit(X[::2], y[::2])) for name, model in MODELS]
    groups, final = np.arange(75) // 3, LogisticRegression(max_iter=1000)
    stack = OutOfFoldStacker(fitted, final, cv="prefit", random_state=0)
    stack.fit(X[1::2], y[1::2], groups)
    reference = StackingClassifier(fitted, final, cv="prefit").fit(X[1::2], y[1::2])
    np.testing.assert_array_equal(stack.predict_proba(X), reference.predict_proba(X))
    assert stack.named_estimators_.lr is fitted[0][1]
    # The meta-model is still scored by folds of whole groups.
    assert pd.Series(stack.folds_).groupby(groups).nunique().max() == 1
    assert 0.8 < stack.scores_.loc["stack", "macro_f1"] < 1


def test_regressors_are_fitted_on_class_positions():
    X, y = standardised(load_wine)
    models = [("lr", LogisticRegression()), ("ridge", Ridge())]
    assert_equal_stacks(models, X, np.array(["q", "p", "r"])[y])
    stack = OutOfFoldStacker(models, cv=3, random_state=0).fit(X, np.array(["q", "p", "r"])[y])
    assert list(stack.oof_)[-1] == "ridge"
    # Averaged over fold models, and scored by the nearest class.
    positions = stack.oof_["ridge"].round().clip(0, 2).astype(int)
    expected = f1_score(np.array([1, 0, 2])[y], positions, average="macro")
    np.testing.assert_allclose(stack.scores_.loc["ridge", "macro_f1"], expected, rtol=1e-12)
    with pytest.raises(UsageError, match="predicts 2 outputs; a regressor in a stack"):
        OutOfFoldStacker([("twice", TwoOutputs())], cv=3).fit(X, y)


class TwoOutputs(LinearRegression):
    """A regressor that predicts two values per row."""

    def predict(self, X):
        return np.column_stack([super().predict(X)] * 2)


def test_dropped_estimators_take_no_part():
    X, y = load_wine(return_X_y=True, as_frame=True)
    X = (X - X.mean()) / X.std()
    settings = {"cv": 3, "passthrough": ["hue"], "random_state": 0}
    stack = OutOfFoldStacker(MODELS, **settings).set_params(lr="drop").fit(X, y)
    alone = OutOfFoldStacker(MODELS[1:], **settings).fit(X, y)
    np.testing.assert_array_equal(stack.predict_proba(X), alone.predict_proba(X))
    pd.testing.assert_frame_equal(stack.scores_, alone.scores_)
    assert stack.named_estimators_.lr == "drop" and len(stack.named_estimators_.tree) == 3
    names = ["tree__0", "tree__1", "tree__2", "hue"]
    assert list(stack.set_output(transform="pandas").transform(X)) == names
    # Names of columns are those of the last fit.
    stack.set_params(passthrough=True).fit(X.to_numpy(), y)
    assert stack.get_feature_names_out()[-1] == "x12" and not hasattr(stack, "feature_names_in_")


def test_oof_has_named_columns_and_index():
    X, y = load_iris(return_X_y=True, as_frame=True)
    X.index = [f"clip{i}" for i in range(len(X))]
    y = y.map({0: "a", 1: "b", 2: "c"})
    stack = OutOfFoldStacker(MODELS, cv=3, random_state=0).fit(X, y)
    assert list(stack.oof_) == ["lr__a", "lr__b", "lr__c", "tree__a", "tree__b", "tree__c"]
    assert stack.oof_.index.equals(X.index)
    assert list(stack.get_feature_names_out()) == list(stack.oof_)


def test_scores_have_intervals_and_optimism():
    X, y = standardised(load_wine)
    stack = OutOfFoldStacker(MODELS, cv=3, random_state=0).fit(X, y)
    scores = stack.scores_
    assert list(scores.index) == ["lr", "tree", "stack"]
    assert (scores["low"] < scores["macro_f1"]).all() and (scores["low"] > 0.7).all()
    assert (scores["macro_f1"] <= scores["high"]).all()
    columns = ["tree__0", "tree__1", "tree__2"]
    expected = f1_score(y, stack.oof_[columns].to_numpy().argmax(axis=1), average="macro")
    in_sample = f1_score(y, stack.final_estimator_.predict(stack.oof_.to_numpy()), average="macro")
    # rtol: the same counts.
    np.testing.assert_allclose(scores.loc["tree", "macro_f1"], expected, rtol=1e-12)
    expected_optimism = in_sample - scores.loc["stack", "macro_f1"]
    np.testing.assert_allclose(stack.optimism_, expected_optimism, rtol=0, atol=1e-12)


def test_overfitted_meta_model_has_high_optimism():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((90, 3)), rng.integers(0, 2, 90)
    final = KNeighborsClassifier(1)
    stack = OutOfFoldStacker([("nb", GaussianNB())], final, random_state=0).fit(X, y)
    assert stack.optimism_ > 0.3
    assert stack.scores_.loc["stack", "macro_f1"] < 0.65


def test_intervals_sample_groups():
    rng = np.random.default_rng(0)
    X, y = np.repeat(rng.standard_normal((40, 4)), 10, axis=0), np.repeat(np.arange(40) % 2, 10)
    groups = np.repeat(np.arange(40), 10)
    scores = OutOfFoldStacker([("nb", GaussianNB())], random_state=0).fit(X, y, groups).scores_
    # 40 songs, not 400 clips: half a width of about 1.96 * sqrt(0.25 / 40).
    assert (scores["high"] - scores["low"] > 0.2).all()


def test_oof_rows_come_from_other_folds():
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


def test_repeats_are_averaged():
    X, y = standardised(load_wine)
    stack = OutOfFoldStacker(MODELS, cv=3, n_repeats=2, random_state=0).fit(X, y)
    single = [
        OutOfFoldStacker(MODELS, cv=_splits(table), random_state=0).fit(X, y).oof_
        for table in stack.fold_tables_
    ]
    assert (stack.fold_tables_[0] != stack.fold_tables_[1]).any()
    # rtol: a mean of two.
    np.testing.assert_allclose(stack.oof_, (single[0] + single[1]) / 2, rtol=1e-12)
    assert [len(models) for models in stack.estimators_] == [6, 6]


def _splits(table):
    return [(np.flatnonzero(table != f), np.flatnonzero(table == f)) for f in np.unique(table)]


def test_groups_prevent_scores_by_memory():
    """A nearest neighbour must not find copies of a song in the training folds."""
    rng = np.random.default_rng(0)
    songs = rng.standard_normal((60, 8))
    X, groups = np.repeat(songs, 4, axis=0), np.repeat(np.arange(60), 4)
    y = np.repeat(rng.permutation(60) % 2, 4)
    model = [("knn", KNeighborsClassifier(1))]
    leaky = OutOfFoldStacker(model, random_state=0).fit(X, y).scores_
    honest = OutOfFoldStacker(model, random_state=0).fit(X, y, groups).scores_
    assert leaky.loc["knn", "macro_f1"] > 0.95
    assert honest.loc["knn", "macro_f1"] < 0.7


def test_fold_models_are_averaged_without_refit():
    X, y = load_iris(return_X_y=True)
    stack = OutOfFoldStacker(MODELS, cv=3, random_state=0).fit(X, y)
    mean = np.mean([model.predict_proba(X) for model in stack.estimators_[1]], axis=0)
    # rtol: order of a mean over three.
    np.testing.assert_allclose(stack.transform(X)[:, 3:], mean, rtol=1e-12)


class Length(GaussianNB):
    """A classifier of clips by their length, whose X is not an array."""

    def fit(self, X, y):
        return super().fit([[len(clip)] for clip in X], y)

    def predict_proba(self, X):
        return super().predict_proba([[len(clip)] for clip in X])


def test_clips_need_not_be_arrays():
    clips, y = ["a" * n for n in range(1, 41)], ["short"] * 20 + ["long"] * 20
    stack = OutOfFoldStacker([("length", Length())], cv=4, random_state=0).fit(clips, y)
    assert stack.scores_.loc["length", "macro_f1"] > 0.9
    assert stack.predict(["a", "a" * 40]).tolist() == ["short", "long"]


@pytest.mark.slow
def test_parallel_fits_give_the_same():
    X, y = standardised(load_iris)
    one = OutOfFoldStacker(MODELS, cv=3, random_state=0).fit(X, y)
    two = OutOfFoldStacker(MODELS, cv=3, random_state=0, n_jobs=2).fit(X, y)
    pd.testing.assert_frame_equal(one.oof_, two.oof_)


def test_unavailable_stack_methods_are_refused():
    X, y = load_breast_cancer(return_X_y=True)
    models = [("ridge", RidgeClassifier())]
    stack = OutOfFoldStacker(models, random_state=0).fit(X, y)
    assert stack.stack_method_ == ["decision_function"]
    assert stack.scores_.loc["ridge", "macro_f1"] > 0.9
    with pytest.raises(UsageError, match="ridge does not implement the method predict_proba"):
        OutOfFoldStacker(models, stack_method="predict_proba").fit(X, y)
    with pytest.raises(UsageError, match="'stack_method' must be"):
        OutOfFoldStacker(models, stack_method="logits").fit(X, y)
    with pytest.raises(UsageError, match="cannot be averaged over models"):
        OutOfFoldStacker(models, stack_method="predict").fit(X, y)


def test_outputs_other_than_one_per_class_are_refused():
    X, y = load_digits(return_X_y=True, n_class=4)
    pairs = SVC(decision_function_shape="ovo")
    with pytest.raises(UsageError, match="SVC returns 6 columns of decision_function"):
        OutOfFoldStacker([("svc", pairs)], cv=3).fit(X, y)
    with pytest.raises(UsageError, match="KMeans is not a classifier"):
        OutOfFoldStacker([("means", KMeans(2))], cv=3, refit=True).fit(X, y)


@pytest.mark.parametrize(
    "wrap", [lambda svc: svc, lambda svc: make_pipeline(StandardScaler(), svc)]
)
def test_one_vs_one_of_three_classes_is_refused(wrap):
    X, y = load_iris(return_X_y=True)
    pairs = wrap(SVC(decision_function_shape="ovo"))
    with pytest.raises(
        UsageError, match=r"3 columns of decision_function for 3 classes \(one-vs-one\)"
    ):
        OutOfFoldStacker([("svc", pairs)], cv=3).fit(X, y)
    two = y < 2
    OutOfFoldStacker([("svc", pairs)], cv=3).fit(X[two], y[two])


@pytest.mark.parametrize("final", ["greedy", LinearRegression(), GaussianNB])
def test_final_estimator_must_be_a_classifier(final):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(UsageError, match="'final_estimator' must be a classifier"):
        OutOfFoldStacker(MODELS, final, cv=3).fit(X, y)


def test_training_fold_without_a_class_is_refused():
    X, y = load_iris(return_X_y=True)
    rows = np.arange(150)
    with pytest.raises(DataError, match="missing from the training rows"):
        OutOfFoldStacker(MODELS, cv=[(rows[50:], rows[:50]), (rows[:50], rows[50:])]).fit(X, y)


def test_estimators_are_set_by_nested_parameters():
    stack = OutOfFoldStacker(MODELS).set_params(lr__C=0.5)
    assert stack.get_params()["lr__C"] == 0.5
    MODELS[0][1].set_params(C=1.0)
    with pytest.raises(UsageError, match="'stack' is reserved for the ensemble's row"):
        OutOfFoldStacker([("stack", MODELS[0][1])]).fit([[0], [1]], [0, 1])


@pytest.mark.parametrize(
    ("estimators", "message"),
    [
        ([], r"non-empty list of \(string, estimator\) tuples. Got \[\]"),
        ([LogisticRegression()], r"tuples. Got \[LogisticRegression\(\)\]"),
        ([("lr", LogisticRegression(), 1)], "Invalid 'estimators' attribute"),
        ({"lr": LogisticRegression()}, "Invalid 'estimators' attribute"),
        ([("lr", "drop")], "All estimators are dropped"),
        ([("lr", "Drop")], "lr: 'Drop' is not an estimator; use 'drop' to leave lr out"),
        ([("lr", LogisticRegression)], "is not an estimator"),
        ([("lr", LogisticRegression()), ("lr", "drop")], "not unique"),
    ],
)
def test_malformed_estimators_are_one_message(estimators, message):
    for use in (OutOfFoldStacker(estimators).fit, partial(oof_predictions, estimators)):
        with pytest.raises(ValueError, match=message):
            use([[0], [1], [0], [1]], [0, 1, 0, 1], [0, 0, 1, 1])


def test_missing_groups_are_refused():
    X, y = load_iris(return_X_y=True)
    groups = np.arange(150.0)
    groups[7] = np.nan
    for cv in (3, StratifiedKFold(3)):
        with pytest.raises(DataError, match="Row 7 has no group"):
            OutOfFoldStacker(MODELS, cv=cv).fit(X, y, groups=groups)
        with pytest.raises(DataError, match=r"shape \(150,\)\. Got shape \(149,\)"):
            OutOfFoldStacker(MODELS, cv=cv).fit(X, y, groups=groups[1:])


@parametrize_with_checks([OutOfFoldStacker(MODELS, cv=3, passthrough=True, random_state=0)])
def test_stacker_keeps_the_estimator_contract(estimator, check):
    check(estimator)


def test_columns_of_other_libraries_are_clips():
    clips, labels = low_and_high_tones(8)
    stack = OutOfFoldStacker([("lr", make_lr(sr=8000, families="centroid"))], cv=2, random_state=0)
    expected = stack.fit(clips, labels).predict_proba(clips)
    column = pd.Index([(clip, 8000) for clip in clips], tupleize_cols=False)
    np.testing.assert_array_equal(stack.fit(column, labels).predict_proba(column), expected)
    with pytest.raises(ClipTypeError, match="single path"):
        stack.fit("a.wav", labels)
