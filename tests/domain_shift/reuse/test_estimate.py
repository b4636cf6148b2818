"""Thresholds, intervals and corrected rates against closed forms, scipy and simulation."""

from dataclasses import replace

import numpy as np
import pytest

from stemstack.domain_shift.reuse.estimate import (
    Calibration,
    Known,
    Share,
    calibrate,
    choose_threshold,
    correct_rate,
    estimate_reuse,
)
from stemstack.domain_shift.reuse.stem_library import StemMatch


def finding(path, correlation):
    return StemMatch(path, path.replace("path", "song"), 1.0, 0.0, correlation)


@pytest.fixture
def known(make_recipe):
    """A mashup of two stems, one at its own speed: what is found in it, with them and without."""

    def make(found, strange=0.01):
        findings = [finding(path, correlation) for path, correlation in found.items()]
        recipe = make_recipe(1000, rates=(1.0, 1.2))
        return Known(recipe, findings, [finding("path9", strange)])

    return make


@pytest.fixture
def certain():
    """A calibration without errors on 1,000 mashups."""
    all_, none = Share(1000, 1000), Share(0, 1000)
    return Calibration(0.1, all_, none, all_, all_, {})


def test_a_share_of_nothing_says_nothing():
    assert np.isnan(Share(0, 0).value)
    assert Share(0, 0).interval == (0.0, 1.0)
    # Of 5 in 10, published tables have 0.237 to 0.763.
    np.testing.assert_allclose(Share(5, 10).interval, (0.2366, 0.7634), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("positives", "negatives", "expected"),
    [
        ([0.4, 0.5], [0.05, 0.1], 0.2),
        # Precision comes first: the positive below a negative is given up.
        ([0.05, 0.4], [0.1], 0.2),
        # One hard mashup among many is, too, rather than to be close to the negatives.
        ([0.11] + [0.4] * 30, [0.05, 0.1], (0.11 * 0.4) ** 0.5),
        # Nothing is precise enough but to find nothing.
        ([0.2], [0.5], 0.5**0.5),
        # Nor even that.
        ([1.0], [1.0], 1.0),
    ],
)
def test_the_threshold_lies_in_the_widest_gap(positives, negatives, expected):
    # rtol: float64.
    np.testing.assert_allclose(choose_threshold(positives, negatives), expected, rtol=1e-12)


def test_the_rate_is_rogan_and_gladens():
    recall, alarm = Share(80, 100), Share(10, 100)
    rate, (low, high) = correct_rate(Share(450, 1000), recall, alarm)
    # (0.45 - 0.1) / (0.8 - 0.1); rtol: float64.
    np.testing.assert_allclose(rate, 0.5, rtol=1e-12)
    assert 0.35 < low < 0.5 < high < 0.65
    assert correct_rate(Share(0, 1000), recall, alarm)[0] == 0
    assert correct_rate(Share(1000, 1000), recall, alarm)[0] == 1


@pytest.mark.parametrize("truth", [0.0, 0.3, 0.95])
def test_the_interval_holds_the_truth_as_often_as_it_says(truth):
    rng = np.random.default_rng(0)
    recall, alarm, held = 0.9, 0.02, []
    for _ in range(500):
        flagged = Share(rng.binomial(100, truth * recall + (1 - truth) * alarm), 100)
        measured = (Share(rng.binomial(50, p), 50) for p in (recall, alarm))
        low, high = correct_rate(flagged, *measured)[1]
        held.append(low <= truth <= high)
    # 0.95, less three standard errors of 500 trials.
    assert np.mean(held) > 0.92


def test_a_calibration_counts_what_was_found(known):
    chosen_on = [known({"path0": 0.4}, 0.1)] * 3
    measured_on = [
        known({"path0": 0.5, "path1": 0.3}),
        known({"path0": 0.5, "path7": 0.3}),
        known({"path0": 0.1}, 0.3),
        known({}),
    ]
    found = calibrate(chosen_on, measured_on)
    # rtol: float64; the geometric mean of 0.1 and 0.4.
    np.testing.assert_allclose(found.threshold, 0.2, rtol=1e-12)
    assert found.recall == Share(2, 4)
    assert found.false_alarm == Share(1, 4)
    assert found.precision == Share(2, 3)
    assert found.stem_precision == Share(3, 4)
    assert found.stem_recall == {"own speed": Share(2, 4), "other speed": Share(1, 4)}
    assert found.to_dict()["stem_recall"]["own speed"]["value"] == 0.5


def test_reuse_is_told_from_none(certain):
    clips = [[finding("path0", 0.5)]] * 30 + [[finding("path0", 0.05)], []] * 35
    reuse = estimate_reuse(clips, certain)
    assert reuse.flagged == Share(30, 100) and reuse.is_reused
    # rtol: float64.
    np.testing.assert_allclose(reuse.rate, 0.3, rtol=1e-12)
    nothing = estimate_reuse(clips[30:], certain)
    assert nothing.rate == 0 and nothing.is_reused is False
    assert nothing.interval[1] < 0.07


def test_a_check_that_finds_nothing_cannot_tell(certain):
    blind = replace(certain, recall=Share(1, 100), false_alarm=Share(1, 100))
    reuse = estimate_reuse([[]] * 5, blind)
    assert reuse.rate is None and reuse.interval is None and reuse.is_reused is None
