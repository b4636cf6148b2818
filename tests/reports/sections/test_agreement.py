"""Agreement in closed form, and scikit-learn's kappa."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from stemstack.reports.sections.agreement import (
    agreement_section,
    compare_pairs,
    compare_with_stack,
)


def test_pairs_in_closed_form():
    truth = np.array(["a", "a", "b", "b"], dtype=object)
    one = np.array(["a", "b", "b", "a"], dtype=object)
    other = np.array(["a", "b", "a", "b"], dtype=object)
    row = compare_pairs(truth, {"one": one, "other": other}).loc["one, other"]
    assert row["agreement"] == 0.5
    # Both guess a and b half the time: half agreement is what chance gives.
    assert row["kappa"] == 0.0
    assert row["both wrong"] == 0.25
    assert row["one right"] == 0.5


def test_kappa_is_scikit_learns_and_missing_where_it_is_undefined():
    rng = np.random.default_rng(0)
    a, b = rng.choice(list("abc"), (2, 50)).astype(object)
    same = np.full(50, "a", dtype=object)
    pairs = compare_pairs(a, {"a": a, "b": b, "same": same, "too": same})
    assert pairs.loc["a, b", "kappa"] == cohen_kappa_score(a, b)
    assert np.isnan(pairs.loc["same, too", "kappa"])
    assert pairs["agreement"].is_monotonic_increasing


def test_beside_the_stack(side):
    beside = compare_with_stack(side)
    # The stack is wrong in clips 0, 5, …; lgbm in 0, 4, …: both in every twentieth.
    assert beside.loc["lgbm"].tolist() == [9, 12, 0.75]
    # lr is wrong in 0, 1, 5, 6, …: never right alone.
    assert beside.loc["lr"].tolist() == [0, 12, 0.6]


def test_the_section_says_what_a_stack_could_gain(side):
    body = agreement_section(side).body
    # lr and lgbm are both wrong in a tenth; where the stack is wrong, lgbm is right in 9 of 12.
    assert "none has 6 right" in body
    assert "In 9 clips a model is right and stack is not" in body
    assert body.count("<svg") == 1


@pytest.mark.parametrize("left", [["lr", "stack"], ["lgbm", "stack"]])
def test_one_model_has_nobody_to_agree_with(side, left):
    for model in set(side.said) - set(left):
        del side.said[model]
    assert agreement_section(side) is None
