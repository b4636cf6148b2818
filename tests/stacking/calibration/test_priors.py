"""Class frequencies of a test are estimated when shifted, and unchanged when not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking.calibration import adjust_priors, estimate_priors, shift_p_value

TRAIN = np.array([0.5, 0.3, 0.2])


def sample(priors, n, seed=0):
    """Sample labels by priors, and the posterior of the ideal model under TRAIN."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, size=n, p=priors)
    x = rng.standard_normal((n, 3)) + 1.5 * np.eye(3)[y]
    likelihood = np.exp(1.5 * x)
    proba = likelihood * TRAIN
    return proba / proba.sum(axis=1, keepdims=True), y


def test_estimate_finds_frequencies_of_ideal_model():
    proba, y = sample([0.1, 0.2, 0.7], n=5000)
    estimate = estimate_priors(proba, TRAIN, prior_strength=0)
    # atol: the noise of 5000 clips.
    np.testing.assert_allclose(estimate, np.bincount(y) / len(y), rtol=0, atol=0.02)


def test_estimate_maximises_the_likelihood():
    proba, _ = sample([0.1, 0.2, 0.7], n=300)
    estimate = estimate_priors(proba, TRAIN, prior_strength=0)

    def likelihood(priors):
        return np.log(proba @ (priors / TRAIN)).sum()

    best = likelihood(estimate)
    for other in np.random.default_rng(0).dirichlet(1000 * estimate, size=50):
        assert likelihood(other) <= best + 1e-6


def test_prior_strength_shrinks_towards_training():
    proba, _ = sample([0.1, 0.2, 0.7], n=500)
    distances = [
        np.abs(estimate_priors(proba, TRAIN, prior_strength=c) - TRAIN).sum() for c in (0, 0.25, 5)
    ]
    assert distances[0] > distances[1] > distances[2] > 0


@given(seed=st.integers(0, 999), n=st.integers(1, 40), strength=st.floats(0, 2))
@settings(max_examples=40, deadline=None)
def test_estimates_are_non_negative_with_sum_one(seed, n, strength):
    rng = np.random.default_rng(seed)
    proba, train = rng.dirichlet(np.ones(4), size=n), rng.dirichlet(5 * np.ones(4))
    estimate = estimate_priors(proba, train, prior_strength=strength)
    assert estimate.min() >= 0
    # atol: rounding of a short sum.
    np.testing.assert_allclose(estimate.sum(), 1, rtol=0, atol=1e-9)
    adjusted = adjust_priors(proba, train, estimate)
    np.testing.assert_allclose(adjusted.sum(axis=1), 1, rtol=0, atol=1e-9)


@given(seed=st.integers(0, 999))
def test_prior_adjustment_is_invertible(seed):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(4), size=10)
    one, other = rng.dirichlet(5 * np.ones(4), size=2)
    # atol: rounding.
    np.testing.assert_allclose(adjust_priors(proba, one, one), proba, rtol=0, atol=1e-12)
    there = adjust_priors(proba, one, other)
    np.testing.assert_allclose(adjust_priors(there, other, one), proba, rtol=0, atol=1e-9)


def test_mean_prediction_like_training_is_fixed_point():
    proba = np.array([[0.9, 0.1], [0.1, 0.9]])
    # atol: the tolerance of the iteration.
    np.testing.assert_allclose(estimate_priors(proba, [1, 1]), [0.5, 0.5], rtol=0, atol=1e-7)


def test_p_value_is_small_only_for_shifts():
    oof, _ = sample(TRAIN, n=600, seed=1)
    p_values = [shift_p_value(oof, sample(TRAIN, n=400, seed=s)[0]) for s in range(2, 202)]
    # Of 200 tests without shift some two have p <= 0.01; six or more come once in fifty times.
    assert np.sum(np.array(p_values) <= 0.01) < 6
    assert shift_p_value(oof, sample([0.2, 0.3, 0.5], n=400)[0]) < 1e-6


def test_priors_that_do_not_fit_are_refused():
    proba = np.full((3, 2), 0.5)
    with pytest.raises(DataError, match="must be 2 numbers above 0"):
        estimate_priors(proba, [1, 0])
    with pytest.raises(DataError, match="must be 2 numbers above 0"):
        adjust_priors(proba, [1, 1, 1], [1, 1, 1])
    with pytest.raises(DataError, match="priors must be 2 finite numbers, none below 0"):
        adjust_priors(proba, [1, 1], [1, -1])
    with pytest.raises(DataError, match="priors must be 2 finite numbers, none below 0"):
        adjust_priors(proba, [1, 1], [1, np.inf])
    for pair in ((np.full((3, 2), np.nan), proba), (proba, np.full((3, 2), np.nan))):
        with pytest.raises(DataError, match="values that are not finite"):
            shift_p_value(*pair)
    with pytest.raises(UsageError, match=r"prior_strength must be 0 or more\. Got -1"):
        estimate_priors(proba, [1, 1], prior_strength=-1)


def test_undefined_results_raise_instead_of_nan():
    one_hot, empty = np.eye(2), np.empty((0, 2))
    with pytest.raises(DataError, match="Row 1 is possible only for classes whose frequency is 0"):
        adjust_priors(one_hot, [1, 1], [1, 0])
    with pytest.raises(DataError, match="not finite"):
        estimate_priors(one_hot * np.nan, [1, 1])
    with pytest.raises(DataError, match="no clip to estimate frequencies"):
        estimate_priors(empty, [1, 1])
    for pair in ((one_hot, empty), (empty, one_hot)):
        with pytest.raises(DataError, match="no clip to compare"):
            shift_p_value(*pair)
