"""Weights of models and a comparison of second levels."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from stemstack.reports.sections.weights import blend_section, coefficients_by_model, weights_section
from stemstack.stacking import make_blend

WEIGHTS = pd.Series({"lr": 0.25, "lgbm": 0.75})


def test_weights_are_drawn_and_said():
    section = weights_section(WEIGHTS, "How.")
    assert "lgbm 75 %, lr 25 %" in section.body
    assert "<table" not in section.body and "How." in section.body


def test_by_class_and_beside_other_second_levels():
    blends = pd.DataFrame(
        {"macro_f1": [0.5, 0.6], "low": [0.4, 0.5], "high": [0.6, 0.7]}, ["mean", "greedy"]
    )
    by_class = pd.DataFrame({"lr": [1.5], "lgbm": [-0.25]}, ["<d>"])
    body = weights_section(WEIGHTS, "How.", by_class=by_class, blends=blends).body
    cells = re.findall(r"<td[^>]*>(.*?)</td>", body)
    assert cells[:2] == ["1.500", "−0.250"]
    assert cells[2:] == ["0.600", "0.500", "0.700", "0.500", "0.400", "0.600"]


MODELS, CLASSES = ["lr", "lgbm"], ["a", "b", "c"]


def test_coefficients_are_summed_up_by_model():
    # Row k is of class k; three columns of lr, three of lgbm.
    coef = np.array([[1, 0, -1, 3, 0, 0], [0, 2, 0, 0, 3, -1], [0, 0, -2, 1, 1, 1]])
    weights, by_class = coefficients_by_model(coef, MODELS, CLASSES)
    # Sums of sizes: 6 and 10. rtol: a few roundings.
    np.testing.assert_allclose(weights[MODELS], [0.375, 0.625], rtol=1e-12)
    assert by_class.to_dict() == {
        "lr": {"a": 1, "b": 2, "c": -2},
        "lgbm": {"a": 3, "b": 3, "c": 1},
    }


def test_two_classes_have_one_coefficient_a_model():
    weights, by_class = coefficients_by_model(np.array([[1.0, -3.0]]), MODELS, ["a", "b"])
    assert weights.to_dict() == {"lr": 0.25, "lgbm": 0.75}
    assert by_class is None


def test_no_coefficient_at_all_weighs_alike():
    weights, _ = coefficients_by_model(np.zeros((1, 2)), MODELS, ["a", "b"])
    assert weights.tolist() == [0.5, 0.5]


@pytest.fixture
def run(make_run):
    rng = np.random.default_rng(0)
    labels = np.array(CLASSES)[np.arange(30) % 3]
    said = {name: rng.dirichlet(np.ones(3), 30) for name in MODELS}
    run = make_run("DATA", range(30), labels, said)
    features = pd.DataFrame(np.hstack(list(said.values())))
    return run, features.to_numpy(), labels


@pytest.mark.parametrize(
    ("final", "words"),
    [(LogisticRegression(), "logistic regression"), (make_blend("mean"), "lr 50 %, lgbm 50 %")],
)
def test_the_section_is_of_the_saved_second_level(run, final, words):
    run, features, labels = run
    run.save_model(final.fit(features, labels), "stack")
    body = blend_section(run).body.replace("lgbm 50 %, lr 50 %", "lr 50 %, lgbm 50 %")
    assert words in body and "Other second levels" not in body


def test_blends_that_were_compared_are_shown(run):
    run, features, labels = run
    run.save_model(make_blend("mean").fit(features, labels), "stack")
    scores = {"macro_f1": 0.5, "low": 0.4, "high": 0.6}
    run.write_metrics({**run.metrics, "blends": {"mean": scores, "rank": scores}})
    assert "Other second levels" in blend_section(run).body
