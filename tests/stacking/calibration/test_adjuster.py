"""The adjuster corrects shifted tests and leaves the others unchanged."""

import numpy as np
import pytest

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking import macro_f1
from stemstack.stacking.calibration import PredictionAdjuster

CLASSES = np.array(["blues", "jazz", "rock"])


def sample(priors, n, seed):
    """Sample labels by priors, and the output of an overconfident model of balanced training."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, size=n, p=priors)
    logits = rng.standard_normal((n, 3)) + 1.2 * np.eye(3)[y]
    likelihood = np.exp(2.4 * logits)
    return likelihood / likelihood.sum(axis=1, keepdims=True), CLASSES[y]


def fitted(seed=0):
    proba, y = sample([1 / 3] * 3, 900, seed)
    return PredictionAdjuster().fit(proba, y, folds=np.arange(900) % 5)


def test_unshifted_test_keeps_its_predictions():
    adjuster = fitted()
    test, y = sample([1 / 3] * 3, 500, 1)
    adjusted = adjuster.adjust(test)
    assert not adjusted.shifted
    assert adjusted.p_value > 0.01
    assert (adjusted.priors == adjuster.priors_).all()
    assert adjuster.temperature_.temperature_ > 1.5
    plain = macro_f1(y, CLASSES[test.argmax(axis=1)])
    assert macro_f1(y, adjusted.labels) > plain - 0.002


def test_shifted_tests_gain_macro_f1():
    adjuster, gains = fitted(), []
    for seed in range(5):
        test, y = sample([0.85, 0.1, 0.05], 500, 10 + seed)
        adjusted = adjuster.adjust(test)
        assert adjusted.shifted
        assert adjusted.priors.argmax() == 0
        gains.append(macro_f1(y, adjusted.labels) - macro_f1(y, CLASSES[test.argmax(axis=1)]))
    assert np.mean(gains) > 0.02


def test_level_zero_corrects_nothing():
    test, _ = sample([0.85, 0.1, 0.05], 500, 1)
    adjuster = fitted().set_params(level=0)
    assert not adjuster.adjust(test).shifted


def test_adjusted_probabilities_and_priors_sum_to_one():
    adjusted = fitted().adjust(sample([0.6, 0.2, 0.2], 400, 1)[0])
    # atol: rounding of a short sum.
    np.testing.assert_allclose(adjusted.proba.sum(axis=1), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(adjusted.priors.sum(), 1, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (np.empty((0, 3)), "no clip to adjust"),
        (np.full((4, 2), 1 / 2), r"one column per class, \(n, 3\)\. Got \(4, 2\)"),
        (np.full(3, 1 / 3), r"one column per class, \(n, 3\)\. Got \(3,\)"),
        (np.full((4, 3), np.nan), "not finite; predict these clips again"),
        (np.tile([2.0, -1.0, 0.0], (4, 1)), r"must hold probabilities.*values in \[-1, 2\]"),
    ],
)
def test_invalid_probabilities_are_refused(proba, message):
    with pytest.raises(DataError, match=message):
        fitted().adjust(proba)


def test_level_out_of_range_is_refused():
    proba, y = sample([1 / 3] * 3, 30, 0)
    folds = np.arange(30) % 3
    with pytest.raises(UsageError, match=r"level must be a probability, in \[0, 1\]\. Got 2"):
        PredictionAdjuster(level=2).fit(proba, y, folds)


def test_missing_label_is_refused():
    proba, y = sample([1 / 3] * 3, 30, 0)
    y = [*y[:3], None, *y[4:]]
    with pytest.raises(DataError, match="Row 3 has no label"):
        PredictionAdjuster().fit(proba, y, np.arange(30) % 3)


def test_description_names_the_correction():
    adjuster = fitted()
    like = adjuster.adjust(sample([1 / 3] * 3, 500, 1)[0]).describe()
    assert like.startswith("adjustment: classes are as frequent as in training (p = 0.")
    shifted = adjuster.adjust(sample([0.85, 0.1, 0.05], 500, 1)[0]).describe()
    assert "differ from those in training" in shifted
