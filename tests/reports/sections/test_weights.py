"""Weights of the base models and a comparison of blends."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from stemstack.reports import ReportInputs
from stemstack.reports.sections.weights import WEIGHTS, coefficients_by_model
from stemstack.stacking import make_blend

DATA = {
    "about": "How.",
    "weights": pd.Series({"lr": 0.25, "lgbm": 0.75}),
    "by_class": None,
    "blends": None,
}


def test_weights_are_drawn_largest_first():
    body = WEIGHTS.render(DATA)
    assert "lgbm 75 %, lr 25 %" in body
    assert "<table" not in body and "How." in body


def test_coefficients_and_blends_have_tables():
    blends = pd.DataFrame(
        {"macro_f1": [0.5, 0.6], "low": [0.4, 0.5], "high": [0.6, 0.7]}, ["mean", "greedy"]
    )
    by_class = pd.DataFrame({"lr": [1.5], "lgbm": [-0.25]}, ["<d>"])
    body = WEIGHTS.render({**DATA, "by_class": by_class, "blends": blends})
    cells = re.findall(r"<td[^>]*>(.*?)</td>", body)
    assert cells[:2] == ["1.500", "−0.250"]
    assert cells[2:] == ["0.600", "0.500", "0.700", "0.500", "0.400", "0.600"]


MODELS, CLASSES = ["lr", "lgbm"], ["a", "b", "c"]


def test_coefficients_are_averaged_by_model():
    # Row k is of class k; three columns of lr, three of lgbm.
    coef = np.array([[1, 0, -1, 3, 0, 0], [0, 2, 0, 0, 3, -1], [0, 0, -2, 1, 1, 1]])
    weights, by_class = coefficients_by_model(coef, MODELS, CLASSES)
    # Sums of sizes: 6 and 10. rtol: a few roundings.
    np.testing.assert_allclose(weights[MODELS], [0.375, 0.625], rtol=1e-12)
    assert by_class.to_dict() == {
        "lr": {"a": 1, "b": 2, "c": -2},
        "lgbm": {"a": 3, "b": 3, "c": 1},
    }


def test_two_classes_have_one_coefficient_per_model():
    weights, by_class = coefficients_by_model(np.array([[1.0, -3.0]]), MODELS, ["a", "b"])
    assert weights.to_dict() == {"lr": 0.25, "lgbm": 0.75}
    assert by_class is None


def test_zero_coefficients_give_equal_weights():
    weights, _ = coefficients_by_model(np.zeros((1, 2)), MODELS, ["a", "b"])
    assert weights.tolist() == [0.5, 0.5]


@pytest.fixture
def run(make_run):
    rng = np.random.default_rng(0)
    labels = np.array(CLASSES)[np.arange(30) % 3]
    proba = {name: rng.dirichlet(np.ones(3), 30) for name in MODELS}
    run = make_run("DATA", range(30), labels, proba | {"stack": proba["lr"]})
    features = pd.DataFrame(np.hstack(list(proba.values())))
    return run, features.to_numpy(), labels


@pytest.mark.parametrize(
    ("final", "about"),
    [(LogisticRegression(), "a logistic regression"), (make_blend("mean"), "MeanBlend()")],
)
def test_weights_are_those_of_the_saved_model(run, final, about):
    run, features, labels = run
    run.save_model(final.fit(features, labels), "stack")
    data = WEIGHTS.collect(ReportInputs(run, []))
    assert about in data["about"] and data["blends"] is None
    if about == "MeanBlend()":
        assert data["weights"].to_dict() == {"lr": 0.5, "lgbm": 0.5} and data["by_class"] is None
    else:
        expected, by_class = coefficients_by_model(final.coef_, MODELS, CLASSES)
        pd.testing.assert_series_equal(data["weights"], expected)
        pd.testing.assert_frame_equal(data["by_class"], by_class)


def test_vote_has_the_mean_weights_of_its_members(run):
    run, features, labels = run
    vote = make_blend("vote").fit(features, labels)
    run.save_model(vote, "stack")
    data = WEIGHTS.collect(ReportInputs(run, []))
    logistic, *blends = vote.estimators_
    of_logistic, _ = coefficients_by_model(logistic.coef_, MODELS, CLASSES)
    expected = np.mean([of_logistic, *(blend.weights_ for blend in blends)], axis=0)
    # rtol: a few roundings.
    np.testing.assert_allclose(data["weights"][MODELS], expected, rtol=1e-12)
    assert "the mean of logistic, greedy, nnls over" in data["about"]


def test_comparison_of_blends_is_collected(run):
    run, features, labels = run
    run.save_model(make_blend("mean").fit(features, labels), "stack")
    scores = {"macro_f1": 0.5, "low": 0.4, "high": 0.6}
    run.write_metrics({**run.metrics, "blends": {"mean": scores, "rank": scores}})
    data = WEIGHTS.collect(ReportInputs(run, []))
    assert data["blends"].to_dict("index") == {"mean": scores, "rank": scores}


def test_meta_model_without_weights_has_no_figure(run):
    run, features, labels = run
    run.save_model(GaussianNB().fit(features, labels), "stack")
    data = WEIGHTS.collect(ReportInputs(run, []))
    assert data["weights"] is None
    body = WEIGHTS.render(data)
    assert "GaussianNB()" in body and "<svg" not in body
