"""The score to expect on a test: its signals, its interval, and what it is corrected by."""

import json

import numpy as np
import pytest
from scipy.special import expit, logit, softmax
from sklearn.metrics import f1_score

from stemstack.exceptions import DataError
from stemstack.stacking import ExpectedScore, expected_score, macro_f1
from stemstack.stacking.expected_score import expect_scores, promised_macro_f1, shift_signals

WEIGHTS = json.loads(expected_score._WEIGHTS.read_text())
N_CLASSES = 5


def predict(rng, y, strength):
    """Return probabilities of a model that sees the class with unit noise."""
    evidence = strength * np.eye(N_CLASSES)[y] + rng.normal(size=(len(y), N_CLASSES))
    return softmax(strength * evidence, axis=1)


@pytest.fixture(scope="module")
def tables():
    """Labels and probabilities of two models: out of fold, on such a test, and on a hard one."""
    rng = np.random.default_rng(0)
    y = np.arange(600) % N_CLASSES
    hard = {name: predict(rng, y, 1.8) for name in ("a", "b")}
    return y, *({name: predict(rng, y, 2.2) for name in ("a", "b")} for _ in range(2)), hard


def test_promised_score_is_the_mean_over_labels():
    rng = np.random.default_rng(1)
    proba = rng.dirichlet(np.full(4, 0.5), size=400)
    cumulative, y_pred = proba.cumsum(axis=1), proba.argmax(axis=1)
    scores = [
        f1_score((rng.random((400, 1)) > cumulative).sum(axis=1), y_pred, average="macro")
        for _ in range(200)
    ]
    # atol: the standard error of the mean, and the F1 of mean counts for the mean F1.
    np.testing.assert_allclose(promised_macro_f1(proba), np.mean(scores), rtol=0, atol=0.005)


def test_harder_test_has_a_lower_score(tables):
    y, oof, similar, hard = tables
    expected = [expect_scores(oof, y, test)["a"] for test in (similar, hard)]
    scores = [macro_f1(y, test["a"].argmax(axis=1)) for test in (similar, hard)]
    assert expected[0].macro_f1 - expected[1].macro_f1 > 0.05
    for one, score in zip(expected, scores, strict=True):
        assert one.low < score < one.high and one.low < one.macro_f1 < one.high


def test_equal_predictions_show_no_shift(tables):
    y, oof, *_ = tables
    signals = shift_signals(oof, y, oof)["b"]
    assert signals.confidence == 0 and signals.agreement == 0
    np.testing.assert_allclose(
        expit(signals.out_of_fold), macro_f1(y, oof["b"].argmax(axis=1)), rtol=2e-3
    )


def test_agreement_is_with_the_base_models(tables):
    y, oof, test, _ = tables
    assert shift_signals({"a": oof["a"]}, y, {"a": test["a"]})["a"].agreement is None
    with_stack = [part | {"stack": part["b"]} for part in (oof, test)]
    signals = shift_signals(with_stack[0], y, with_stack[1], ensembles=["stack"])
    assert signals["a"] == shift_signals(oof, y, test)["a"]
    two = [{name: part[name] for name in ("a", "stack")} for part in with_stack]
    assert shift_signals(two[0], y, two[1], ensembles=["stack"])["stack"].agreement is None


def test_measured_score_moves_the_others(tables):
    y, oof, test, _ = tables
    before = expect_scores(oof, y, test)
    measured = expit(logit(before["a"].macro_f1) - 0.5)
    after = expect_scores(oof, y, test, measured={"a": measured})
    assert list(after) == ["b"]
    moved = logit(after["b"].macro_f1) - logit(before["b"].macro_f1)
    # rtol: half a clip is added to the measured score, so that a score of 1 is finite.
    np.testing.assert_allclose(
        moved, -0.5 * WEIGHTS["confidence_agreement"]["correlation"], rtol=0.02
    )
    widths = [logit(one["b"].high) - logit(one["b"].low) for one in (before, after)]
    assert widths[1] < widths[0]


def test_larger_test_has_a_narrower_interval(tables):
    y, oof, test, _ = tables
    few = {name: proba[:60] for name, proba in test.items()}
    widths = [one.high - one.low for one in (expect_scores(oof, y, t)["a"] for t in (few, test))]
    assert widths[1] < 0.8 * widths[0]


def test_random_predictions_are_out_of_range(tables):
    y, oof, test, _ = tables
    assert expect_scores(oof, y, test)["a"].in_range
    flat = {name: np.full((99, N_CLASSES), 1 / N_CLASSES) for name in oof}
    assert not expect_scores(oof, y, flat)["a"].in_range


def test_unusable_tables_raise(tables):
    y, oof, test, _ = tables
    few = {name: proba[:9] for name, proba in test.items()}
    with pytest.raises(DataError, match="the test has 9 clips; 30 or more are needed"):
        expect_scores(oof, y, few)
    with pytest.raises(DataError, match="proba must have one row per label"):
        expect_scores(oof, y[:-1], test)


def test_score_as_text_and_data():
    score = ExpectedScore(0.664, 0.6, 0.716, in_range=True)
    assert score.describe() == "0.66 (0.60 to 0.72)"
    assert score.to_dict() == {"macro_f1": 0.664, "low": 0.6, "high": 0.716, "in_range": True}


def test_fold_models_are_compared_one_by_one(tables):
    """A mean of models is less confident than each of them, though it is right more often."""
    y, oof, *_ = tables
    rng = np.random.default_rng(2)
    folds = {name: np.stack([predict(rng, y, 2.2) for _ in range(5)]) for name in oof}
    means = {name: proba.mean(axis=0) for name, proba in folds.items()}
    one_by_one, together = (shift_signals(oof, y, test)["a"] for test in (folds, means))
    # atol: twice the standard error of log-odds near 2.5 for 600 clips.
    np.testing.assert_allclose(one_by_one.confidence, 0, atol=0.25)
    assert together.confidence < one_by_one.confidence - 0.3
    assert one_by_one.n_test == len(y)
    single = {name: proba[None] for name, proba in means.items()}
    assert shift_signals(oof, y, single)["a"] == together
