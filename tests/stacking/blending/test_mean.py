"""Means equal their closed forms."""

import numpy as np
import pytest
from scipy.stats import gmean, rankdata

from stemstack.exceptions import UsageError
from stemstack.stacking.blending import MeanBlend

RNG = np.random.default_rng(0)
PROBA = RNG.dirichlet([1, 1, 1], size=(2, 50))
X, Y = np.hstack(PROBA), np.arange(50) % 3


def normalised(values):
    return values / values.sum(axis=1, keepdims=True)


def test_arithmetic_mean_is_exact():
    found = MeanBlend().fit(X, Y).predict_proba(X)
    # rtol: rounding.
    np.testing.assert_allclose(found, PROBA.mean(axis=0), rtol=1e-12)


def test_geometric_mean_equals_scipy():
    found = MeanBlend("geometric").fit(X, Y).predict_proba(X)
    # rtol: probabilities below 1e-6 are raised to it.
    np.testing.assert_allclose(found, normalised(gmean(PROBA, axis=0)), rtol=1e-4)


def test_ranks_equal_scipy():
    ranks = [(rankdata(p.ravel()).reshape(p.shape) - 0.5) / p.size for p in PROBA]
    found = MeanBlend("rank").fit(X, Y).predict_proba(X)
    # atol: values are tied, so interpolated, to 12 digits.
    np.testing.assert_allclose(found, normalised(np.mean(ranks, axis=0)), rtol=0, atol=1e-6)


def test_ranks_do_not_depend_on_confidence():
    """For two classes, scaling a model's logits keeps the order of its probabilities."""
    p, q = RNG.random((2, 80))
    sharp = p**4 / (p**4 + (1 - p) ** 4)
    y = np.arange(80) % 2
    plain = MeanBlend("rank").fit(np.c_[p, q], y).predict_proba(np.c_[p, q])
    other = MeanBlend("rank").fit(np.c_[sharp, q], y).predict_proba(np.c_[sharp, q])
    # atol: as above.
    np.testing.assert_allclose(plain, other, rtol=0, atol=1e-6)


def test_zero_is_no_veto_in_geometric_mean():
    proba = np.hstack([[[0.0, 0.6, 0.4]], [[0.99, 0.005, 0.005]]])
    blended = MeanBlend("geometric").fit(X, Y).predict_proba(proba)
    assert 0 < blended[0, 0] < 0.05


def test_unknown_kinds_are_refused():
    with pytest.raises(UsageError, match="kind must be one of"):
        MeanBlend("median").fit(X, Y)
