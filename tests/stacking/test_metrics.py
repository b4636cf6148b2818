"""Macro F1 equals scikit-learn's; bootstrap intervals have known widths and whole groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.metrics import confusion_matrix, f1_score

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking.metrics import (
    bootstrap_interval,
    group_bootstrap,
    macro_f1,
    macro_f1_interval,
    macro_f1_of_codes,
    paired_difference,
    percentile_interval,
    pool_single_groups,
    score_classes,
)

CLASSES = ["a", "b & c", "<d>"]
INTERVALS = [bootstrap_interval, macro_f1_interval]


def test_score_classes_equals_scikit_learn():
    rng = np.random.default_rng(0)
    y_true = rng.choice(CLASSES, 60)
    y_pred = np.where(rng.random(60) < 0.6, y_true, rng.choice(CLASSES, 60))
    score = score_classes(y_true, y_pred, CLASSES)
    # rtol: means taken in another order.
    np.testing.assert_allclose(
        score["macro_f1"], f1_score(y_true, y_pred, average="macro"), rtol=1e-12
    )
    assert score["confusion"] == confusion_matrix(y_true, y_pred, labels=CLASSES).tolist()
    assert score["accuracy"] == np.mean(y_true == y_pred)
    assert score["n"] == 60


def test_class_never_predicted_scores_zero():
    score = score_classes(["a", "a", "b & c"], ["a", "a", "a"], CLASSES)
    assert score["per_class_f1"] == {"a": 0.8, "b & c": 0.0, "<d>": 0.0}


def test_absent_class_does_not_count_in_macro_f1():
    y_true, y_pred = ["a", "a", "b & c"], ["a", "b & c", "b & c"]
    score = score_classes(y_true, y_pred, CLASSES)
    # rel: two orders of one short sum.
    assert score["macro_f1"] == pytest.approx(2 / 3, rel=1e-12)
    assert score["macro_f1"] == macro_f1(y_true, y_pred)
    assert score["per_class_f1"]["<d>"] == 0.0


@given(seed=st.integers(0, 999), n=st.integers(1, 30), n_classes=st.integers(1, 5))
def test_macro_f1_equals_scikit_learn(seed, n, n_classes):
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.integers(n_classes, size=(2, n)).astype(str)
    expected = f1_score(y_true, y_pred, average="macro", zero_division=0)
    # rel: two orders of one short sum.
    assert macro_f1(y_true, y_pred) == pytest.approx(expected, rel=1e-12)


def test_many_predictions_are_scored_at_once():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(3, size=20), rng.integers(3, size=(2, 4, 20))
    scores = macro_f1_of_codes(y_true, y_pred, 3)
    assert scores.shape == (2, 4)
    for index in np.ndindex(2, 4):
        # rel: two orders of one short sum.
        assert scores[index] == pytest.approx(macro_f1(y_true, y_pred[index]), rel=1e-12)


def accuracy(y_true, y_pred):
    return np.mean(y_true == y_pred)


def noisy(y_true, rng, share=0.7):
    """Predictions of which a share are the labels, the others random."""
    return np.where(rng.random(len(y_true)) < share, y_true, rng.permutation(y_true))


def test_group_bootstrap_has_unbiased_variance():
    rng = np.random.default_rng(0)
    strata = np.repeat([0, 1], [4, 9])
    counts = group_bootstrap(strata, 40000, rng)
    assert set(counts[:, :4].sum(axis=1)) == {3}
    assert set(counts[:, 4:].sum(axis=1)) == {8}
    # A stratum's mean over n - 1 sampled of n groups has the variance s² / n of its mean.
    values = rng.normal(size=13)
    for members in (slice(0, 4), slice(4, 13)):
        x = values[members]
        means = counts[:, members] @ x / (len(x) - 1)
        # rtol: the standard error of a variance of 40000 draws is 0.7 %.
        np.testing.assert_allclose(means.var(), x.var(ddof=1) / len(x), rtol=0.03)


@pytest.mark.parametrize(
    ("strata", "pooled"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1]),
        ([0, 1, 2, 2], [0, 0, 1, 1]),
        ([0, 1, 1, 2, 2, 2], [0, 0, 0, 1, 1, 1]),
        ([-1], [0]),
    ],
)
def test_single_groups_share_a_stratum(strata, pooled):
    np.testing.assert_array_equal(pool_single_groups(strata), pooled)


def test_few_groups_widen_the_percentiles():
    scores = np.arange(100001) / 100000
    low, high = percentile_interval(scores, 0.95, np.zeros(5, dtype=int))
    # Student's t with 4 degrees of freedom has its 97.5 % quantile at 2.776, and a normal
    # distribution has 0.275 % above 2.776.
    np.testing.assert_allclose([low, high], [0.00275, 0.99725], rtol=0, atol=5e-5)


def test_each_class_keeps_its_share():
    y_true = np.repeat(["rare", "common"], [4, 396])
    y_pred = np.repeat(["rare", "common"], [4, 396])
    shares = []
    bootstrap_interval(
        y_true, y_pred, score=lambda y, _: shares.append(np.mean(y == "rare")) or 0.0, n_draws=50
    )
    np.testing.assert_allclose(shares, 3 / 398, rtol=1e-12)


@pytest.mark.parametrize("by_group", [False, True])
def test_macro_f1_interval_agrees_with_bootstrap_interval(by_group):
    rng = np.random.default_rng(0)
    y_true = rng.choice(["a", "b", "c"], 300, p=[0.6, 0.3, 0.1])
    y_pred = noisy(y_true, rng)
    groups = np.repeat(np.arange(60), 5) if by_group else None
    found = macro_f1_interval(y_true, y_pred, groups, n_draws=4000)
    expected = bootstrap_interval(y_true, y_pred, groups, n_draws=4000)
    # atol: two samples of 4000 draws; a quantile's standard error is about 0.001.
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.005)


@pytest.mark.parametrize("interval", INTERVALS)
def test_perfect_predictions_have_no_width(interval):
    y_true = np.array(["a", "b", "c"] * 20)
    assert interval(y_true, y_true) == (1.0, 1.0)


@pytest.mark.parametrize("interval", INTERVALS)
def test_seed_decides_the_draws(interval):
    y_true = np.array(["a", "b", "c"] * 20)
    y_pred = noisy(y_true, np.random.default_rng(1))
    first = interval(y_true, y_pred, n_draws=130, seed=3)
    assert first == interval(y_true, y_pred, n_draws=130, seed=3)
    assert first != interval(y_true, y_pred, n_draws=130, seed=4)
    assert 0.4 < first[0] < macro_f1(y_true, y_pred) < first[1] < 1


def test_accuracy_has_the_binomial_interval():
    y_true = np.zeros(200, dtype=int)
    y_pred = np.repeat([0, 1], [140, 60])
    found = bootstrap_interval(y_true, y_pred, score=accuracy, n_draws=4000)
    # atol: two steps of the 200 clips, for the noise of 4000 draws.
    np.testing.assert_allclose(found, binom(200, 0.7).interval(0.95) / np.float64(200), atol=0.01)


def test_array_of_scores_has_an_interval_each():
    y_true = np.zeros(200, dtype=int)
    columns = np.c_[np.repeat([0, 1], [140, 60]), np.repeat([0, 1], [60, 140])]
    low, high = bootstrap_interval(
        y_true, columns, score=lambda y, pair: (pair == y[:, None]).mean(axis=0)
    )
    for i, (column_low, column_high) in enumerate(zip(low, high, strict=True)):
        alone = bootstrap_interval(y_true, columns[:, i], score=accuracy)
        assert (column_low, column_high) == alone


def test_equal_clips_of_a_song_count_once():
    rng = np.random.default_rng(0)
    songs = np.repeat(np.arange(30), 10)
    y_true = np.zeros(300, dtype=int)
    y_pred = np.repeat(rng.integers(0, 2, 30), 10)
    low, high = bootstrap_interval(y_true, y_pred, songs, score=accuracy)
    by_clip = bootstrap_interval(y_true, y_pred, score=accuracy)
    # Ten equal clips per song hold a tenth of the evidence: sqrt(10) = 3.2 times the width.
    assert 2.5 < (high - low) / (by_clip[1] - by_clip[0]) < 4


def test_one_group_has_the_widest_interval():
    one_song = [0, 1, 1], [0, 1, 0], ["song"] * 3
    assert bootstrap_interval(*one_song) == (-np.inf, np.inf)
    assert macro_f1_interval(*one_song) == (0.0, 1.0)


def test_paired_difference_is_narrower_than_two_intervals():
    rng = np.random.default_rng(0)
    y_true = rng.choice(["a", "b", "c"], 300)
    baseline = noisy(y_true, rng)
    better = np.where(rng.random(300) < 0.2, y_true, baseline)
    difference, low, high = paired_difference(y_true, better, baseline)
    # rel: two orders of one short sum.
    expected = macro_f1(y_true, better) - macro_f1(y_true, baseline)
    assert difference == pytest.approx(expected, rel=1e-12)
    assert 0 < low < difference < high
    one, other = macro_f1_interval(y_true, better), macro_f1_interval(y_true, baseline)
    assert one[0] < other[1]  # The separate intervals overlap.


def test_paired_difference_changes_sign_with_order():
    rng = np.random.default_rng(0)
    y_true = rng.choice(["a", "b"], 100)
    one, other = noisy(y_true, rng), noisy(y_true, rng)
    groups = np.arange(100) // 4
    forward = np.array(paired_difference(y_true, one, other, groups))
    backward = np.array(paired_difference(y_true, other, one, groups))
    # atol: interpolation between draws.
    np.testing.assert_allclose(forward, -backward[[0, 2, 1]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("interval", INTERVALS)
def test_invalid_arguments_are_refused(interval):
    with pytest.raises(UsageError, match=r"level must be in \(0, 1\)"):
        interval([0], [0], level=95)
    with pytest.raises(UsageError, match="n_draws 1 or more"):
        interval([0, 1], [0, 1], n_draws=0)
    with pytest.raises(DataError, match="the same length, above 0"):
        interval([0, 1], [0])
    with pytest.raises(DataError, match="Row 1 has no group"):
        interval([0, 1], [0, 1], [0, None])


def test_paired_difference_refuses_lengths_that_differ():
    with pytest.raises(DataError, match=r"the same length, above 0\. Got 2 and 1"):
        paired_difference([0, 1], [0, 1], [0])


@pytest.mark.parametrize("missing", [np.nan, None])
def test_missing_labels_are_refused(missing):
    y, y_pred = [1.0, 0.0, missing] * 5, [1.0, 0.0, 1.0] * 5
    for score in (macro_f1, macro_f1_interval, lambda *pair: paired_difference(*pair, y_pred)):
        for pair in ((y, y_pred), (y_pred, y)):
            with pytest.raises(DataError, match="Row 2 has no label"):
                score(*pair)


@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [(np.eye(3, dtype=int), np.eye(3, dtype=int)[:1]), (["a"], ["a", "b"]), ([], [])],
)
def test_shapes_that_differ_are_refused(y_true, y_pred):
    with pytest.raises(DataError, match=r"the same length, above 0\. Got shapes"):
        macro_f1(y_true, y_pred)
