"""Temperature scaling finds the distortion that was applied."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import log_loss

from stemstack.exceptions import DataError
from stemstack.stacking.calibration import TemperatureScaling


def sample(seed, n=4000, n_classes=4):
    """Sample probabilities, and labels from them: a calibrated model."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.standard_normal((n, n_classes))
    proba = softmax(logits, axis=1)
    return proba, (proba.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_fit_finds_the_temperature(temperature):
    proba, y = sample(0)
    distorted = softmax(np.log(proba) * temperature, axis=1)
    scaling = TemperatureScaling().fit(distorted, y)
    # rtol: the noise of 4000 labels.
    np.testing.assert_allclose(scaling.temperature_, temperature, rtol=0.06)
    assert (scaling.bias_ == 0).all()
    assert log_loss(y, scaling.transform(distorted)) <= log_loss(y, distorted)


def test_fit_finds_the_class_biases():
    proba, y = sample(1)
    bias = np.array([1.0, -1.0, 0.5, -0.5])
    distorted = softmax(np.log(proba) - bias, axis=1)
    scaling = TemperatureScaling(class_bias=True).fit(distorted, y)
    # atol: the noise of 4000 labels.
    np.testing.assert_allclose(scaling.bias_ - scaling.bias_.mean(), bias, rtol=0, atol=0.2)
    frequencies = np.bincount(y) / len(y)
    # atol: what the small penalty on biases leaves.
    mean = scaling.transform(distorted).mean(axis=0)
    np.testing.assert_allclose(mean, frequencies, rtol=0, atol=1e-3)


@given(seed=st.integers(0, 99), temperature=st.floats(0.3, 5))
@settings(max_examples=20, deadline=None)
def test_temperature_changes_no_prediction(seed, temperature):
    proba, y = sample(seed, n=60)
    proba = softmax(np.log(proba) / temperature, axis=1)
    calibrated = TemperatureScaling().fit(proba, y).transform(proba)
    assert (calibrated.argmax(axis=1) == proba.argmax(axis=1)).all()
    # atol: rounding of a short sum.
    np.testing.assert_allclose(calibrated.sum(axis=1), 1, rtol=0, atol=1e-12)


def test_one_hot_probabilities_give_finite_results():
    y = np.arange(30) % 3
    scaling = TemperatureScaling().fit(np.eye(3)[y], y)
    assert 0.05 <= scaling.temperature_ <= 20
    assert np.isfinite(scaling.transform(np.eye(3))).all()


def test_mismatched_tables_are_refused():
    with pytest.raises(DataError, match=r"one column per class, \(n, 2\)\. Got \(4, 3\)"):
        TemperatureScaling().fit(np.full((4, 3), 1 / 3), [0, 1, 0, 1])
    with pytest.raises(DataError, match=r"one row per label, 4\. Got 3"):
        TemperatureScaling().fit(np.full((3, 2), 1 / 2), [0, 1, 0, 1])
    with pytest.raises(DataError, match="not finite; predict these clips again"):
        TemperatureScaling().fit(np.full((4, 2), np.nan), [0, 1, 0, 1])
    fitted = TemperatureScaling().fit(np.full((4, 2), 1 / 2), [0, 1, 0, 1])
    with pytest.raises(DataError, match=r"\(n, 2\)\. Got \(4, 1\)"):
        fitted.transform(np.full((4, 1), 1 / 2))
