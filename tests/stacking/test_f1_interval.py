"""The interval from counts is the one from scoring every draw."""

import numpy as np
import pytest

from stemstack.errors import DataError, UsageError
from stemstack.stacking.f1_interval import macro_f1_interval
from stemstack.stacking.intervals import bootstrap_interval


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
