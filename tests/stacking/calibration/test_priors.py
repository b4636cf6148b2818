"""Class frequencies of a test: found when shifted, left alone when not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking.calibration import adjust_priors, estimate_priors, shift_p_value

TRAIN = np.array([0.5, 0.3, 0.2])


def draw(priors, n, seed=0):
    """Draw labels by priors, and what the ideal model says that knows training's frequencies."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, size=n, p=priors)
    x = rng.standard_normal((n, 3)) + 1.5 * np.eye(3)[y]
    likelihood = np.exp(1.5 * x)
    proba = likelihood * TRAIN
    return proba / proba.sum(axis=1, keepdims=True), y


def test_finds_the_frequencies_of_an_ideal_model():
    proba, y = draw([0.1, 0.2, 0.7], n=5000)
    found = estimate_priors(proba, TRAIN, caution=0)
    # atol: the noise of 5000 clips.
    np.testing.assert_allclose(found, np.bincount(y) / len(y), rtol=0, atol=0.02)


def test_is_a_maximum_of_the_likelihood():
    proba, _ = draw([0.1, 0.2, 0.7], n=300)
    found = estimate_priors(proba, TRAIN, caution=0)

    def likelihood(priors):
        return np.log(proba @ (priors / TRAIN)).sum()

    best = likelihood(found)
    for other in np.random.default_rng(0).dirichlet(1000 * found, size=50):
        assert likelihood(other) <= best + 1e-6


def test_caution_draws_towards_training():
    proba, _ = draw([0.1, 0.2, 0.7], n=500)
    away = [np.abs(estimate_priors(proba, TRAIN, caution=c) - TRAIN).sum() for c in (0, 0.25, 5)]
    assert away[0] > away[1] > away[2] > 0


@given(seed=st.integers(0, 999), n=st.integers(1, 40), caution=st.floats(0, 2))
@settings(max_examples=40, deadline=None)
def test_estimates_are_frequencies(seed, n, caution):
    rng = np.random.default_rng(seed)
    proba, train = rng.dirichlet(np.ones(4), size=n), rng.dirichlet(5 * np.ones(4))
    found = estimate_priors(proba, train, caution=caution)
    assert found.min() >= 0
    # atol: rounding of a short sum.
    np.testing.assert_allclose(found.sum(), 1, rtol=0, atol=1e-9)
    adjusted = adjust_priors(proba, train, found)
    np.testing.assert_allclose(adjusted.sum(axis=1), 1, rtol=0, atol=1e-9)


@given(seed=st.integers(0, 999))
def test_equal_priors_change_nothing_and_changes_can_be_taken_back(seed):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(4), size=10)
    one, other = rng.dirichlet(5 * np.ones(4), size=2)
    # atol: rounding.
    np.testing.assert_allclose(adjust_priors(proba, one, one), proba, rtol=0, atol=1e-12)
    there = adjust_priors(proba, one, other)
    np.testing.assert_allclose(adjust_priors(there, other, one), proba, rtol=0, atol=1e-9)


def test_a_mean_prediction_like_training_is_a_fixed_point():
    proba = np.array([[0.9, 0.1], [0.1, 0.9]])
    # atol: the tolerance of the iteration.
    np.testing.assert_allclose(estimate_priors(proba, [1, 1]), [0.5, 0.5], rtol=0, atol=1e-7)


def test_a_shift_is_significant_and_none_is_not():
    known, _ = draw(TRAIN, n=600, seed=1)
    p_values = [shift_p_value(known, draw(TRAIN, n=400, seed=s)[0]) for s in range(2, 202)]
    # Of 200 tests without shift some two have p <= 0.01; six or more come once in fifty times.
    assert np.sum(np.array(p_values) <= 0.01) < 6
    assert shift_p_value(known, draw([0.2, 0.3, 0.5], n=400)[0]) < 1e-6


def test_priors_that_do_not_fit_are_refused():
    proba = np.full((3, 2), 0.5)
    with pytest.raises(DataError, match="must be 2 numbers above 0"):
        estimate_priors(proba, [1, 0])
    with pytest.raises(DataError, match="must be 2 numbers above 0"):
        adjust_priors(proba, [1, 1, 1], [1, 1, 1])
    with pytest.raises(DataError, match="priors must be 2 numbers, none below 0"):
        adjust_priors(proba, [1, 1], [1, -1])
    with pytest.raises(UsageError, match=r"caution must be 0 or more\. Got -1"):
        estimate_priors(proba, [1, 1], caution=-1)


def test_nothing_that_has_no_answer_is_answered_by_nan():
    sure, nothing = np.eye(2), np.empty((0, 2))
    with pytest.raises(DataError, match="Row 1 is possible only for classes whose frequency is 0"):
        adjust_priors(sure, [1, 1], [1, 0])
    with pytest.raises(DataError, match="not finite"):
        estimate_priors(sure * np.nan, [1, 1])
    with pytest.raises(DataError, match="no clip to estimate"):
        estimate_priors(nothing, [1, 1])
    for pair in ((sure, nothing), (nothing, sure)):
        with pytest.raises(DataError, match="no clip to compare"):
            shift_p_value(*pair)
