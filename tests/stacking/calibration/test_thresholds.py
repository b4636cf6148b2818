"""Class offsets: the best there is, and none where they would not hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from stemstack.exceptions import DataError
from stemstack.stacking import macro_f1
from stemstack.stacking.calibration import ClassThresholds
from stemstack.stacking.calibration.thresholds import _best_offset


def draw(seed, n, weak=(), push=2.0):
    """Draw labels and probabilities; the log-probabilities of weak classes are pushed down."""
    rng = np.random.default_rng(seed)
    y = rng.integers(4, size=n)
    logits = rng.standard_normal((n, 4)) + 2 * np.eye(4)[y]
    logits[:, list(weak)] -= push
    return softmax(logits, axis=1), y


@given(seed=st.integers(0, 999), k=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_no_offset_of_a_class_is_better_than_the_one_found(seed, k):
    proba, y = draw(seed, n=30)
    logs, offsets = np.log(proba), np.random.default_rng(seed).normal(0, 0.3, 4)

    def score(offset):
        return macro_f1(y, (logs + np.where(np.arange(4) == k, offset, offsets)).argmax(axis=1))

    found = _best_offset(logs, offsets, y, k, 1.5)
    assert -1.5 <= found <= 1.5
    # 1e-12: two orders of one short sum.
    assert score(found) >= max(map(score, np.linspace(-1.5, 1.5, 400))) - 1e-12


def test_a_class_that_is_said_too_seldom_is_raised():
    proba, y = draw(0, n=800, weak=[2])
    found = ClassThresholds().fit(proba, y, folds=np.arange(800) % 5)
    assert found.kept_
    assert 0 < found.low_ < found.gain_
    assert found.offsets_.argmax() == 2
    test, truth = draw(1, n=800, weak=[2])
    before = macro_f1(truth, test.argmax(axis=1))
    assert macro_f1(truth, found.transform(test).argmax(axis=1)) > before + 0.03


def test_offsets_that_do_not_hold_are_not_applied():
    kept, optimism = [], []
    for seed in range(15):
        proba, y = draw(seed, n=150)
        found = ClassThresholds().fit(proba, y, folds=np.arange(150) % 5)
        optimism.append(found.optimism_)
        kept.append(found.kept_)
        if not found.kept_:
            assert (found.offsets_ == 0).all()
            # atol: logarithms and back.
            np.testing.assert_allclose(found.transform(proba), proba, rtol=0, atol=1e-9)
    assert np.mean(optimism) > 0.02
    assert sum(kept) <= 3


def test_clips_of_one_song_make_no_surety():
    """The same few songs, forty clips each: what they seem to teach is not sure by songs."""
    proba, y = draw(3, n=24, weak=[2], push=1.0)
    songs = np.repeat(np.arange(24), 40)
    folds = songs % 4
    by_clip = ClassThresholds().fit(proba[songs], y[songs], folds)
    by_song = ClassThresholds().fit(proba[songs], y[songs], folds, songs)
    assert by_song.gain_ == pytest.approx(by_clip.gain_, rel=1e-12)  # The same computation.
    assert by_song.low_ < by_clip.low_


@pytest.mark.parametrize("folds", [np.zeros(30), np.arange(29)])
def test_folds_that_judge_nothing_are_refused(folds):
    with pytest.raises(DataError, match=r"one value per row, shape \(30,\), and two or more"):
        ClassThresholds().fit(*draw(0, n=30), folds)
