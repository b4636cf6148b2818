"""The interval from counts is the one from scoring every draw."""

import numpy as np
import pytest
from scipy.stats import binom

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking.metrics.intervals import bootstrap_interval, macro_f1_interval


@pytest.mark.parametrize("by_group", [False, True])
def test_agrees_with_the_interval_of_any_score(by_group):
    rng = np.random.default_rng(0)
    y = rng.choice(["a", "b", "c"], 300, p=[0.6, 0.3, 0.1])
    predicted = np.where(rng.random(300) < 0.7, y, rng.choice(["a", "b", "c"], 300))
    groups = np.repeat(np.arange(60), 5) if by_group else None
    ours = macro_f1_interval(y, predicted, groups, n_draws=4000)
    expected = bootstrap_interval(y, predicted, groups, n_draws=4000)
    # atol: two samples of 4000 draws; a quantile's standard error is about 0.001.
    np.testing.assert_allclose(ours, expected, rtol=0, atol=0.005)


def test_refuses_what_makes_no_interval():
    with pytest.raises(UsageError, match=r"n_draws 1 or more"):
        macro_f1_interval([0, 1], [0, 1], n_draws=0)
    with pytest.raises(DataError, match="one length above 0"):
        macro_f1_interval([0, 1], [0])
    with pytest.raises(DataError, match="Row 1 has no group"):
        macro_f1_interval([0, 1], [0, 1], [0, None])


def test_a_perfect_guess_has_no_width_and_draws_are_repeatable():
    y = np.arange(50) % 3
    assert macro_f1_interval(y, y) == (1.0, 1.0)
    guess = np.roll(y, 1) * (np.arange(50) < 10) + y * (np.arange(50) >= 10)
    assert macro_f1_interval(y, guess) == macro_f1_interval(y, guess)
    low, high = macro_f1_interval(y, guess, n_draws=130)
    assert 0.6 < low < high <= 1


def test_one_song_tells_nothing_of_another():
    assert macro_f1_interval([0, 1, 1], [0, 1, 0], ["song"] * 3) == (0.0, 1.0)


def accuracy(y, predicted):
    return np.mean(y == predicted)


def test_accuracy_has_the_binomial_interval():
    y = np.zeros(200, dtype=int)
    predicted = np.repeat([0, 1], [140, 60])
    found = bootstrap_interval(y, predicted, score=accuracy, n_draws=4000)
    # atol: two steps of the 200 clips, for the noise of 4000 draws.
    np.testing.assert_allclose(found, binom(200, 0.7).interval(0.95) / np.float64(200), atol=0.01)


def test_clips_of_one_song_count_as_one():
    rng = np.random.default_rng(0)
    songs = np.repeat(np.arange(30), 10)
    y = np.zeros(300, dtype=int)
    predicted = np.repeat(rng.integers(0, 2, 30), 10)
    low, high = bootstrap_interval(y, predicted, songs, score=accuracy)
    alone = bootstrap_interval(y, predicted, score=accuracy)
    # Ten equal clips a song hold a tenth of the evidence: sqrt(10) = 3.2 times the width.
    assert 2.5 < (high - low) / (alone[1] - alone[0]) < 4


def test_macro_f1_is_the_default_and_seeds_repeat():
    y = np.array(["a", "b", "c"] * 20)
    assert bootstrap_interval(y, y) == (1.0, 1.0)
    guess = np.random.default_rng(1).permutation(y)
    first = bootstrap_interval(y, guess, n_draws=50, seed=3)
    assert first == bootstrap_interval(y, guess, n_draws=50, seed=3)
    assert first != bootstrap_interval(y, guess, n_draws=50, seed=4)
    assert 0 < first[0] < first[1] < 1


def test_refuses_what_makes_no_interval_intervals():
    with pytest.raises(UsageError, match=r"level must be in \(0, 1\)"):
        bootstrap_interval([0], [0], level=95)
    with pytest.raises(DataError, match="one length above 0"):
        bootstrap_interval([0, 1], [0])


def test_one_song_tells_nothing_of_another_intervals():
    assert bootstrap_interval([0, 1, 1], [0, 1, 0], ["song"] * 3) == (-np.inf, np.inf)
