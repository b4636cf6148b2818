"""Every blend keeps the estimator contract, returns probabilities and refuses other features."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks
from sklearn.utils.fixes import parse_version
from sklearn.utils.validation import check_is_fitted

from stemstack.exceptions import DataError, UsageError
from stemstack.models import load_model, save_model
from stemstack.stacking import OutOfFoldStacker, macro_f1, nested_predictions
from stemstack.stacking.blending import (
    BLENDS,
    Blend,
    GreedyBlend,
    MeanBlend,
    NonNegativeBlend,
    compare_blends,
    leave_one_model_out,
    make_blend,
)

BLEND_LIST = [
    GreedyBlend(n_bags=2, n_steps=5),
    NonNegativeBlend(),
    MeanBlend(),
    MeanBlend("geometric"),
    MeanBlend("rank"),
]


def simulate(seed, n_models=3, n=40, n_classes=3):
    """Return the probabilities of models that are better the earlier they come, and labels."""
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n)
    y[:n_classes] = np.arange(n_classes)
    logits = rng.standard_normal((n_models, n, n_classes))
    logits[:, np.arange(n), y] += 2.0 / np.arange(1, n_models + 1)[:, None]
    proba = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return np.hstack(proba), y


class Probabilities(TransformerMixin, BaseEstimator):
    """Probabilities of two classifiers: what a blend takes, made from the features of a check."""

    def fit(self, X, y):
        models = LinearDiscriminantAnalysis(), DecisionTreeClassifier(max_depth=3, random_state=0)
        self.models_ = [model.fit(X, y) for model in models]
        self.n_features_in_ = self.models_[0].n_features_in_
        if len(self.models_[0].classes_) < 2:
            raise DataError("y holds 1 class")
        return self

    def transform(self, X):
        check_is_fitted(self)
        proba = [model.predict_proba(X) for model in self.models_]
        return np.hstack(proba if proba[0].shape[1] > 2 else [p[:, 1:] for p in proba])


PIPELINE = "scikit-learn's Pipeline fits the very steps it was given"
# Their X holds no probabilities, which is refused; the pipeline below passes them.
INAPPLICABLE = """
array_api_input
all_zero_sample_weights_error classifier_data_not_an_array classifiers_classes classifiers_train
dict_unchanged dont_overwrite_parameters dtype_object estimators_dtypes estimators_fit_returns_self
estimators_overwrite_params estimators_pickle f_contiguous_array_estimator fit2d_1feature
fit2d_predict1d fit_check_is_fitted fit_idempotent fit_score_takes_y methods_sample_order_invariance
methods_subset_invariance n_features_in n_features_in_after_fitting pipeline_consistency
positive_only_tag_during_fit readonly_memmap_input sample_weight_equivalence_on_dense_data
sample_weights_list sample_weights_not_an_array sample_weights_not_overwritten
sample_weights_pandas_series sample_weights_shape supervised_y_2d
"""


def check_name(check):
    return getattr(check, "func", check).__name__.removeprefix("check_")


def applicable_checks(blends):
    """Name and yield the checks of scikit-learn whose X may be anything."""
    for blend in blends:
        for estimator, check in estimator_checks_generator(blend):
            if check_name(check) not in INAPPLICABLE.split():
                name = f"{type(estimator).__name__}-{check_name(check)}"
                yield pytest.param(estimator, check, id=name)


@pytest.mark.parametrize(("estimator", "check"), [*applicable_checks(BLEND_LIST[:3])])
def test_blends_keep_the_estimator_contract(estimator, check):
    check(estimator)


@pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.9"),
    reason="older versions of scikit-learn have fewer checks",
)
def test_inapplicable_checks_exist():
    names = {check_name(check) for _, check in estimator_checks_generator(MeanBlend())}
    assert set(INAPPLICABLE.split()) < names


@pytest.mark.filterwarnings("ignore:Variables are collinear")
@parametrize_with_checks(
    [make_pipeline(Probabilities(), blend) for blend in BLEND_LIST],
    expected_failed_checks=lambda pipeline: {
        "check_estimators_overwrite_params": PIPELINE,
        "check_dont_overwrite_parameters": PIPELINE,
    },
)
def test_blends_behind_models_are_scikit_learn_classifiers(estimator, check):
    check(estimator)


@pytest.mark.parametrize("blend", BLEND_LIST, ids=str)
@given(seed=st.integers(0, 999), n_models=st.integers(1, 5), n_classes=st.integers(2, 4))
@settings(max_examples=20, deadline=None)
def test_weights_and_probabilities_stay_on_the_simplex(blend, seed, n_models, n_classes):
    X, y = simulate(seed, n_models, n_classes=n_classes)
    X = X if n_classes > 2 else X[:, 1::2]
    blend = clone(blend).fit(X, y)
    proba = blend.predict_proba(X)
    assert blend.weights_.min() >= 0
    assert proba.min() >= 0
    # atol: rounding of a short sum.
    np.testing.assert_allclose(blend.weights_.sum(), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "blend", [GreedyBlend(n_bags=2, bag_fraction=1.0), *BLEND_LIST[1:]], ids=str
)
@given(seed=st.integers(0, 999), order=st.permutations(range(4)))
@settings(max_examples=15, deadline=None)
def test_order_of_models_does_not_matter(blend, seed, order):
    X, y = simulate(seed, n_models=4)
    shuffled = np.hstack([X[:, 3 * m : 3 * m + 3] for m in order])
    one, other = clone(blend).fit(X, y), clone(blend).fit(shuffled, y)
    # atol: the least squares are solved to rounding.
    np.testing.assert_allclose(other.weights_, one.weights_.iloc[order], rtol=0, atol=1e-9)
    np.testing.assert_allclose(
        other.predict_proba(shuffled), one.predict_proba(X), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("blend", BLEND_LIST, ids=str)
def test_single_model_keeps_its_predictions(blend):
    X, y = simulate(0, n_models=1)
    assert (clone(blend).fit(X, y).predict(X) == X.argmax(axis=1)).all()


def test_weights_are_named_after_models():
    X, y = simulate(0)
    columns = [f"{model}__{label}" for model in ("lr", "lgbm", "net") for label in "abc"]
    named = MeanBlend().fit(pd.DataFrame(X, columns=columns), np.array(list("abc"))[y])
    assert list(named.weights_.index) == ["lr", "lgbm", "net"]
    assert list(MeanBlend().fit(X, y).weights_.index) == ["model0", "model1", "model2"]
    two = pd.DataFrame(X[:, [0, 3]], columns=["lr", "lgbm"])
    assert list(MeanBlend().fit(two, y > 0).weights_.index) == ["lr", "lgbm"]


@pytest.mark.parametrize("blend", BLEND_LIST, ids=str)
def test_features_that_are_not_probabilities_are_refused(blend):
    X, y = simulate(0)
    with pytest.raises(DataError, match="8 columns, which is not a multiple of 3 classes"):
        clone(blend).fit(X[:, :8], y)
    with pytest.raises(DataError, match=r"must hold probabilities.* pass predict_proba"):
        clone(blend).fit(np.log(X), y)
    with pytest.raises(DataError, match="1 class; blending needs two"):
        clone(blend).fit(X, np.zeros(len(X)))


def test_subclass_without_weights_is_refused():
    X, y = simulate(0)
    with pytest.raises(NotImplementedError, match="Blend must implement compute_weights"):
        Blend().fit(X, y)


@pytest.mark.parametrize("name", BLENDS)
def test_every_blend_is_a_final_estimator(name):
    X, y = load_iris(return_X_y=True)
    models = [("lr", LogisticRegression(max_iter=500)), ("lda", LinearDiscriminantAnalysis())]
    stack = OutOfFoldStacker(models, make_blend(name), cv=3, random_state=0).fit(X, y)
    assert stack.score(X, y) > 0.95


# A vote has only those of its meta-models.
@pytest.mark.parametrize("name", [name for name in BLENDS if name != "vote"])
def test_every_blend_has_weights_or_coefficients(name):
    X, y = simulate(0)
    blend = make_blend(name).fit(X, y)
    if hasattr(blend, "weights_"):
        assert blend.weights_.shape == (3,)
        # rel: rounding of a short sum.
        assert blend.weights_.sum() == pytest.approx(1, rel=1e-12)
    else:
        assert blend.coef_.shape == (3, 9)


@pytest.mark.parametrize("name", BLENDS)
def test_every_blend_is_saved_and_loaded(name, tmp_path):
    X, y = simulate(0)
    blend = make_blend(name).fit(X, y)
    save_model(blend, tmp_path)
    expected = blend.predict_proba(X)
    np.testing.assert_array_equal(load_model(tmp_path).predict_proba(X), expected)


@pytest.mark.parametrize("name", BLENDS)
def test_every_blend_is_in_the_documentation(name):
    page = Path(__file__).parents[3] / "docs" / "reference" / "stacking.md"
    assert f"`{name}`" in page.read_text(encoding="utf-8")


def test_unknown_names_are_refused():
    with pytest.raises(UsageError, match=r"Unknown blend 'best'\. The blends are logistic, greedy"):
        make_blend("best")


def test_comparison_is_nested():
    """Weights that fit noise look good only on the clips from which they were learnt."""

    class Memory(MeanBlend):
        def fit(self, X, y):
            self.seen_ = {row.tobytes(): label for row, label in zip(X, y, strict=True)}
            return super().fit(X, y)

        def predict(self, X):
            return np.array([self.seen_.get(row.tobytes(), 0) for row in X])

    X, y = simulate(0, n=120)
    folds = np.arange(120) % 4
    table = compare_blends(X, y, folds, {"memory": Memory(), "mean": MeanBlend()})
    assert table.loc["memory", "macro_f1"] < 0.3 < 0.7 < table.loc["mean", "macro_f1"]
    assert (table["low"] <= table["macro_f1"] + 1e-12).all()  # A constant has no width.
    assert (table["macro_f1"] <= table["high"] + 1e-12).all()


def test_comparison_refuses_a_class_in_one_fold():
    X, y = simulate(0, n=90)
    with pytest.raises(DataError, match="All groups of class 0 are in one fold"):
        compare_blends(X, y, np.where(y == 0, 0, 1 + np.arange(90) % 2))


def test_comparison_takes_all_blends_and_groups():
    X, y = simulate(0, n=90)
    by_clip = compare_blends(X, y, np.arange(90) % 3)
    assert list(by_clip.index) == list(BLENDS)
    by_song = compare_blends(X, y, np.arange(90) % 3, ["mean"], groups=np.arange(90) // 6)
    assert by_song.loc["mean", "macro_f1"] == by_clip.loc["mean", "macro_f1"]
    assert by_song.loc["mean", "low"] != by_clip.loc["mean", "low"]


@pytest.mark.parametrize("blend", BLEND_LIST, ids=repr)
def test_two_classes_need_only_the_second_column(blend):
    both, y = simulate(0, n_classes=2)
    second = both[:, 1::2]
    fitted = [clone(blend).fit(table, y) for table in (both, second)]
    assert len(fitted[0].weights_) == len(fitted[1].weights_) == 3
    expected = fitted[1].predict_proba(second)
    # atol: one minus a number, or the number.
    np.testing.assert_allclose(fitted[0].predict_proba(both), expected, rtol=0, atol=1e-12)
    with pytest.raises(DataError, match="Columns 0 and 1 sum to 1"):
        clone(blend).fit(np.c_[both[:, :2], second[:, 1]], y)
    with pytest.raises(DataError, match="Columns 0 and 3 sum to 1"):
        clone(blend).fit(np.c_[both[:, ::2], second], y)
    # In one clip the probabilities of two models may sum to 1 by chance.
    pair = clone(blend).fit(second[:, :2], y)
    assert pair.predict_proba([[0.3, 0.7]]).shape == (1, 2)


@pytest.mark.parametrize("blend", BLEND_LIST[1:], ids=repr)
def test_sample_weight_counts_like_repeated_clips(blend):
    X, y = simulate(0)
    counts = np.random.default_rng(1).integers(0, 4, len(y))
    weighted = clone(blend).fit(X, y, sample_weight=counts)
    repeated = clone(blend).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    # atol: the same sums in another order.
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), rtol=0, atol=1e-9
    )


def test_left_out_model_is_scored_without_it():
    rng = np.random.default_rng(0)
    y, folds = np.arange(90) % 3, np.arange(90) // 3 % 3
    oof = {
        name: strength * np.eye(3)[y] + rng.dirichlet(np.ones(3), 90)
        for name, strength in (("good", 0.5), ("weak", 0.2), ("noise", 0.0))
    }
    table = leave_one_model_out(oof, y, folds)
    scores = {}
    for left_out in (None, *oof):
        features = np.hstack([part for name, part in oof.items() if name != left_out])
        final = LogisticRegression(max_iter=1000)
        scores[left_out] = macro_f1(y, nested_predictions(final, features, y, folds))
    expected = [scores[name] for name in oof]
    # The default is the same regression.
    np.testing.assert_allclose(table["without"], expected, rtol=1e-12)
    np.testing.assert_allclose(table["difference"], scores[None] - table["without"], rtol=1e-12)
    assert table.loc["good", "difference"] > table.loc["noise", "difference"]
    assert (table["low"] <= table["difference"]).all()
    assert (table["difference"] <= table["high"]).all()


def test_predictions_of_two_classes_may_be_columns():
    y, folds = np.arange(40) % 2, np.arange(40) // 2 % 4
    proba = np.random.default_rng(0).random((40, 2)) + 0.3 * y[:, None]
    oof = pd.DataFrame(proba, columns=["a", "b"])
    table = leave_one_model_out(dict(oof), y, folds)
    pd.testing.assert_frame_equal(table, leave_one_model_out({n: oof[[n]] for n in oof}, y, folds))
    final = LogisticRegression()
    nested = nested_predictions(final, proba.tolist(), y, folds)
    assert nested.tolist() == nested_predictions(final, proba, y, folds).tolist()
    for call in (
        lambda: leave_one_model_out({"a": oof["a"], "b": oof["b"][:-1]}, y, folds),
        lambda: nested_predictions(final, proba[:-1], y, folds),
        lambda: compare_blends(proba[:-1], y, folds, ["mean"]),
    ):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            call()
