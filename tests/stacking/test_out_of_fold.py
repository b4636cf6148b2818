"""Out-of-fold tables have one layout, whatever the estimator returns."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import GaussianNB

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking.out_of_fold import (
    FoldModel,
    check_classes,
    collect_oof,
    fit_fold,
    predict_with,
    prediction_table,
    resolve_method,
    to_labels,
)

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["a", "b", "c"])


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("method", ["predict_proba", "decision_function", "predict"])
def test_labels_are_recovered_from_every_method(n_classes, method):
    rows = n_classes > Y
    model = LogisticRegression(max_iter=500).fit(X[rows], NAMES[Y[rows]])
    predictions = predict_with(model, X[rows], method)
    assert predictions.shape[1] == (1 if method == "predict" or n_classes == 2 else n_classes)
    labels = to_labels(predictions, model.classes_, method)
    assert labels.tolist() == model.predict(X[rows]).tolist()


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [(GaussianNB(), "predict_proba"), (RidgeClassifier(), "decision_function")],
)
def test_auto_method_prefers_probabilities(estimator, expected):
    assert resolve_method(estimator, "auto") == expected
    assert resolve_method(estimator, "predict") == "predict"


def test_estimator_that_predicts_nothing_is_refused():
    with pytest.raises(UsageError, match="has none of predict_proba, decision_function, predict"):
        resolve_method(object(), "auto")


def test_fold_model_is_fitted_on_training_rows():
    train, held_out = (
        np.flatnonzero(np.arange(150) % 3 > 0),
        np.flatnonzero(np.arange(150) % 3 == 0),
    )
    fold = fit_fold(GaussianNB(), X, Y, train, held_out, method="predict_proba")
    expected = GaussianNB().fit(X[train], Y[train]).predict_proba(X[held_out])
    np.testing.assert_array_equal(fold.predictions, expected)
    np.testing.assert_array_equal(fold.rows, held_out)


def test_fit_parameters_are_restricted_to_training_rows():
    train, held_out = np.arange(0, 150, 2), np.arange(1, 150, 2)
    weights = np.where(Y == 0, 9.0, 1.0)
    params = {"sample_weight": weights}
    fold = fit_fold(GaussianNB(), X, Y, train, held_out, method="predict_proba", fit_params=params)
    expected = GaussianNB().fit(X[train], Y[train], weights[train])
    np.testing.assert_array_equal(fold.estimator.class_prior_, expected.class_prior_)


def test_repeats_are_averaged_in_row_order():
    model = GaussianNB().fit(X[:100], Y[:100])
    halves = [np.array([2, 0]), np.array([1, 3])]
    folds = [
        FoldModel(model, rows, np.full((2, 1), value) + rows[:, None])
        for value in (0.0, 10.0)
        for rows in halves
    ]
    table = collect_oof("nb", folds, 4)
    assert table["nb"].tolist() == [5.0, 6.0, 7.0, 8.0]


def test_prediction_table_has_names_and_index():
    three = prediction_table("nb", np.eye(3), NAMES, ["x", "y", "z"])
    assert list(three.columns) == ["nb__a", "nb__b", "nb__c"]
    assert list(three.index) == ["x", "y", "z"]
    assert list(prediction_table("nb", np.ones((2, 1)), NAMES[:2]).columns) == ["nb"]


def test_fitted_classes_must_match():
    model = GaussianNB().fit(X, Y)
    with pytest.raises(DataError, match="A GaussianNB was fitted on class 2, which is not in y"):
        check_classes(model, np.array([0, 1]))
    with pytest.raises(DataError, match="Class 3 is missing from the training rows of a fold"):
        check_classes(model, np.array([0, 1, 2, 3]))
