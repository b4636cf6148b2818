"""The decoder does what helps and leaves the rest alone."""

import numpy as np
import pytest

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking import macro_f1
from stemstack.stacking.calibration import ClassThresholds, PredictionAdjuster

CLASSES = np.array(["blues", "jazz", "rock"])


def draw(priors, n, seed):
    """Draw labels by priors, and an over-confident model of balanced training."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, size=n, p=priors)
    logits = rng.standard_normal((n, 3)) + 1.2 * np.eye(3)[y]
    likelihood = np.exp(2.4 * logits)
    return likelihood / likelihood.sum(axis=1, keepdims=True), CLASSES[y]


def fitted(seed=0):
    proba, y = draw([1 / 3] * 3, 900, seed)
    return PredictionAdjuster().fit(proba, y, folds=np.arange(900) % 5)


def test_a_test_like_training_keeps_its_decisions():
    decoder = fitted()
    test, y = draw([1 / 3] * 3, 500, 1)
    decoded = decoder.decode(test)
    assert not decoded.shifted
    assert decoded.p_value > 0.01
    assert (decoded.priors == decoder.priors_).all()
    assert decoder.temperature_.temperature_ > 1.5
    plain = macro_f1(y, CLASSES[test.argmax(axis=1)])
    assert macro_f1(y, decoded.labels) > plain - 0.002


def test_shifted_tests_are_decoded_better():
    decoder, gains = fitted(), []
    for seed in range(5):
        test, y = draw([0.85, 0.1, 0.05], 500, 10 + seed)
        decoded = decoder.decode(test)
        assert decoded.shifted
        assert decoded.priors.argmax() == 0
        gains.append(macro_f1(y, decoded.labels) - macro_f1(y, CLASSES[test.argmax(axis=1)]))
    assert np.mean(gains) > 0.02


def test_level_nought_corrects_nothing():
    test, _ = draw([0.85, 0.1, 0.05], 500, 1)
    decoder = fitted().set_params(level=0)
    assert not decoder.decode(test).shifted


def test_probabilities_are_frequencies_by_class():
    decoded = fitted().decode(draw([0.6, 0.2, 0.2], 400, 1)[0])
    # atol: rounding of a short sum.
    np.testing.assert_allclose(decoded.proba.sum(axis=1), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(decoded.priors.sum(), 1, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (np.empty((0, 3)), "no clip to decode"),
        (np.full((4, 2), 1 / 2), r"one column per class, \(n, 3\)\. Got \(4, 2\)"),
        (np.full(3, 1 / 3), r"one column per class, \(n, 3\)\. Got \(3,\)"),
        (np.full((4, 3), np.nan), "not finite; predict these clips again"),
        (np.tile([2.0, -1.0, 0.0], (4, 1)), r"must hold probabilities.*values in \[-1, 2\]"),
    ],
)
def test_what_is_no_test_is_refused(proba, message):
    with pytest.raises(DataError, match=message):
        fitted().decode(proba)


def test_parameters_out_of_range_are_refused():
    proba, y = draw([1 / 3] * 3, 30, 0)
    folds = np.arange(30) % 3
    with pytest.raises(UsageError, match=r"level must be a probability, in \[0, 1\]\. Got 2"):
        PredictionAdjuster(level=2).fit(proba, y, folds)
    with pytest.raises(UsageError, match=r"n_rounds and bound must be 0 or more\. Got 5 and -1"):
        ClassThresholds(bound=-1).fit(proba, y, folds)


def test_a_clip_without_label_teaches_nothing():
    proba, y = draw([1 / 3] * 3, 30, 0)
    y = [*y[:3], None, *y[4:]]
    with pytest.raises(DataError, match="Row 3 has no label"):
        PredictionAdjuster().fit(proba, y, np.arange(30) % 3)
