"""Class thresholds are optimal, and applied only where the gain is confirmed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from stemstack.exceptions import DataError, UsageError
from stemstack.stacking import macro_f1
from stemstack.stacking.calibration import ClassThresholds
from stemstack.stacking.calibration.thresholds import best_offset


def sample(seed, n, weak=(), push=2.0):
    """Sample labels and probabilities; the logits of weak classes are pushed down."""
    rng = np.random.default_rng(seed)
    y = rng.integers(4, size=n)
    logits = rng.standard_normal((n, 4)) + 2 * np.eye(4)[y]
    logits[:, list(weak)] -= push
    return softmax(logits, axis=1), y


@given(seed=st.integers(0, 999), k=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_best_offset_is_optimal(seed, k):
    proba, y = sample(seed, n=30)
    logs, offsets = np.log(proba), np.random.default_rng(seed).normal(0, 0.3, 4)

    def score(offset):
        return macro_f1(y, (logs + np.where(np.arange(4) == k, offset, offsets)).argmax(axis=1))

    best = best_offset(logs, offsets, y, k, 1.5)
    assert -1.5 <= best <= 1.5
    # 1e-12: two orders of one short sum.
    assert score(best) >= max(map(score, np.linspace(-1.5, 1.5, 400))) - 1e-12


def test_weak_class_gets_the_largest_offset():
    proba, y = sample(0, n=800, weak=[2])
    thresholds = ClassThresholds().fit(proba, y, folds=np.arange(800) % 5)
    assert thresholds.applied_
    assert 0 < thresholds.low_ < thresholds.gain_
    assert thresholds.offsets_.argmax() == 2
    test, y_test = sample(1, n=800, weak=[2])
    before = macro_f1(y_test, test.argmax(axis=1))
    assert macro_f1(y_test, thresholds.transform(test).argmax(axis=1)) > before + 0.03


def test_unconfirmed_offsets_are_not_applied():
    applied, optimism = [], []
    for seed in range(15):
        proba, y = sample(seed, n=150)
        thresholds = ClassThresholds().fit(proba, y, folds=np.arange(150) % 5)
        optimism.append(thresholds.optimism_)
        applied.append(thresholds.applied_)
        if not thresholds.applied_:
            assert (thresholds.offsets_ == 0).all()
            # atol: logarithms and back.
            np.testing.assert_allclose(thresholds.transform(proba), proba, rtol=0, atol=1e-9)
    assert np.mean(optimism) > 0.02
    assert sum(applied) <= 3


def test_repeated_clips_do_not_confirm_offsets():
    """With few songs of forty equal clips, an interval over clips is too narrow."""
    proba, y = sample(3, n=24, weak=[2], push=1.0)
    songs = np.repeat(np.arange(24), 40)
    folds = songs % 4
    by_clip = ClassThresholds().fit(proba[songs], y[songs], folds)
    by_song = ClassThresholds().fit(proba[songs], y[songs], folds, songs)
    assert by_song.gain_ == pytest.approx(by_clip.gain_, rel=1e-12)  # The same computation.
    assert by_song.low_ < by_clip.low_


@pytest.mark.parametrize("folds", [np.zeros(30), np.arange(29)])
def test_invalid_folds_are_refused(folds):
    with pytest.raises(DataError, match=r"one value per row, shape \(30,\), and two or more"):
        ClassThresholds().fit(*sample(0, n=30), folds)


def test_parameters_out_of_range_are_refused():
    proba, y = sample(0, n=30)
    with pytest.raises(UsageError, match=r"bound must be a number, at least 0\. Got -1"):
        ClassThresholds(bound=-1).fit(proba, y, np.arange(30) % 3)
