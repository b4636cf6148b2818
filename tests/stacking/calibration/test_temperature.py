"""A temperature that was put in comes out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import log_loss

from stemstack.exceptions import DataError
from stemstack.stacking.calibration import TemperatureScaling


def draw(seed, n=4000, n_classes=4):
    """Draw probabilities, and labels by them: a calibrated model."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.standard_normal((n, n_classes))
    proba = softmax(logits, axis=1)
    return proba, (proba.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_finds_the_temperature(temperature):
    proba, y = draw(0)
    # What claims too much by a factor is mended by that factor.
    distorted = softmax(np.log(proba) * temperature, axis=1)
    found = TemperatureScaling().fit(distorted, y)
    # rtol: the noise of 4000 labels.
    np.testing.assert_allclose(found.temperature_, temperature, rtol=0.06)
    assert (found.bias_ == 0).all()
    assert log_loss(y, found.transform(distorted)) <= log_loss(y, distorted)


def test_finds_the_biases_of_classes():
    proba, y = draw(1)
    bias = np.array([1.0, -1.0, 0.5, -0.5])
    distorted = softmax(np.log(proba) - bias, axis=1)
    found = TemperatureScaling(class_bias=True).fit(distorted, y)
    # atol: the noise of 4000 labels.
    np.testing.assert_allclose(found.bias_ - found.bias_.mean(), bias, rtol=0, atol=0.2)
    frequencies = np.bincount(y) / len(y)
    # atol: what the small penalty on biases leaves.
    mean = found.transform(distorted).mean(axis=0)
    np.testing.assert_allclose(mean, frequencies, rtol=0, atol=1e-3)


@given(seed=st.integers(0, 99), temperature=st.floats(0.3, 5))
@settings(max_examples=20, deadline=None)
def test_one_temperature_changes_no_decision(seed, temperature):
    proba, y = draw(seed, n=60)
    proba = softmax(np.log(proba) / temperature, axis=1)
    calibrated = TemperatureScaling().fit(proba, y).transform(proba)
    assert (calibrated.argmax(axis=1) == proba.argmax(axis=1)).all()
    # atol: rounding of a short sum.
    np.testing.assert_allclose(calibrated.sum(axis=1), 1, rtol=0, atol=1e-12)


def test_flat_zeros_and_perfect_models_are_no_problem():
    y = np.arange(30) % 3
    found = TemperatureScaling().fit(np.eye(3)[y], y)
    assert 0.05 <= found.temperature_ <= 20
    assert np.isfinite(found.transform(np.eye(3))).all()


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match=r"one column per class, \(n, 2\)\. Got \(4, 3\)"):
        TemperatureScaling().fit(np.full((4, 3), 1 / 3), [0, 1, 0, 1])
    with pytest.raises(DataError, match=r"one row per label, 4\. Got 3"):
        TemperatureScaling().fit(np.full((3, 2), 1 / 2), [0, 1, 0, 1])
    with pytest.raises(DataError, match="not finite; predict these clips again"):
        TemperatureScaling().fit(np.full((4, 2), np.nan), [0, 1, 0, 1])
    fitted = TemperatureScaling().fit(np.full((4, 2), 1 / 2), [0, 1, 0, 1])
    with pytest.raises(DataError, match=r"\(n, 2\)\. Got \(4, 1\)"):
        fitted.transform(np.full((4, 1), 1 / 2))
