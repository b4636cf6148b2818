"""Agreement of models in closed form, and scikit-learn's kappa."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from stemstack.reports import ReportInputs
from stemstack.reports.sections.agreement import AGREEMENT, compare_pairs, compare_with_stack


def test_pairs_in_closed_form():
    y_true = np.array(["a", "a", "b", "b"], dtype=object)
    one = np.array(["a", "b", "b", "a"], dtype=object)
    other = np.array(["a", "b", "a", "b"], dtype=object)
    row = compare_pairs(y_true, {"one": one, "other": other}).loc["one, other"]
    assert row["agreement"] == 0.5
    # Both predict a and b half the time: half of the agreement is chance.
    assert row["kappa"] == 0.0
    assert row["both wrong"] == 0.25
    assert row["one right"] == 0.5


def test_kappa_equals_scikit_learn_or_is_missing():
    rng = np.random.default_rng(0)
    a, b = rng.choice(list("abc"), (2, 50)).astype(object)
    same = np.full(50, "a", dtype=object)
    pairs = compare_pairs(a, {"a": a, "b": b, "same": same, "too": same})
    assert pairs.loc["a, b", "kappa"] == cohen_kappa_score(a, b)
    assert np.isnan(pairs.loc["same, too", "kappa"])
    assert pairs["agreement"].is_monotonic_increasing


def test_models_are_compared_with_the_stack(evaluation):
    table = compare_with_stack(evaluation)
    # The stack is wrong for clips 0, 5, …; lgbm for 0, 4, …: both for every twentieth.
    assert table.loc["lgbm"].tolist() == [9, 12, 0.75]
    # lr is wrong for 0, 1, 5, 6, …: never right where the stack is wrong.
    assert table.loc["lr"].tolist() == [0, 12, 0.6]


def test_possible_gain_of_the_stack(evaluation):
    data = AGREEMENT.collect(ReportInputs(None, [evaluation]))
    # lr and lgbm are both wrong for a tenth; where the stack is wrong, lgbm is right 9 of 12 times.
    assert (data["n"], data["n_models"], data["none_right"]) == (60, 2, 6)
    assert data["all_right"] == 60 - 6 - 27
    assert data["stack_could_gain"] == 9
    body = AGREEMENT.render(data)
    assert "For 9 clips at least one model is right and stack is wrong" in body


@pytest.mark.parametrize("models", [["lr", "stack"], ["lgbm", "stack"]])
def test_single_model_has_no_agreement(evaluation, models):
    for model in set(evaluation.proba) - set(models):
        del evaluation.proba[model]
    assert AGREEMENT.collect(ReportInputs(None, [evaluation])) is None
