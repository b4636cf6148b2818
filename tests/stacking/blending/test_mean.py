"""Means in closed form."""

import numpy as np
import pytest
from scipy.stats import gmean, rankdata

from stemstack.exceptions import UsageError
from stemstack.stacking.blending import MeanBlend

RNG = np.random.default_rng(0)
SAID = RNG.dirichlet([1, 1, 1], size=(2, 50))
X, Y = np.hstack(SAID), np.arange(50) % 3


def scaled(values):
    return values / values.sum(axis=1, keepdims=True)


def test_arithmetic_and_geometric_means():
    # rtol: rounding.
    arithmetic = MeanBlend().fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(arithmetic, SAID.mean(axis=0), rtol=1e-12)
    geometric = MeanBlend("geometric").fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(geometric, scaled(gmean(SAID, axis=0)), rtol=1e-4)


def test_ranks_are_those_of_scipy():
    ranks = [(rankdata(p.ravel()).reshape(p.shape) - 0.5) / p.size for p in SAID]
    found = MeanBlend("rank").fit(X, Y).predict_proba(X)
    # atol: values are tied, so interpolated, to 12 digits.
    np.testing.assert_allclose(found, scaled(np.mean(ranks, axis=0)), rtol=0, atol=1e-6)


def test_ranks_do_not_follow_how_sure_a_model_claims_to_be():
    """Two classes: sharpening one model's logits keeps the order of all it says."""
    p, q = RNG.random((2, 80))
    sharp = p**4 / (p**4 + (1 - p) ** 4)
    y = np.arange(80) % 2
    plain = MeanBlend("rank").fit(np.c_[p, q], y).predict_proba(np.c_[p, q])
    other = MeanBlend("rank").fit(np.c_[sharp, q], y).predict_proba(np.c_[sharp, q])
    # atol: as above.
    np.testing.assert_allclose(plain, other, rtol=0, atol=1e-6)


def test_one_flat_zero_is_no_veto():
    said = np.hstack([[[0.0, 0.6, 0.4]], [[0.99, 0.005, 0.005]]])
    shown = MeanBlend("geometric").fit(X, Y).predict_proba(said)
    assert 0 < shown[0, 0] < 0.05


def test_unknown_kinds_are_refused():
    with pytest.raises(UsageError, match="kind must be one of"):
        MeanBlend("median").fit(X, Y)
