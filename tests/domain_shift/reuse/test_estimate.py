"""Thresholds, intervals and corrected rates against closed forms and simulation."""

from dataclasses import replace

import numpy as np
import pytest

from stemstack.domain_shift.reuse.estimate import (
    Calibration,
    Proportion,
    SearchedMashup,
    calibrate,
    choose_threshold,
    correct_rate,
    estimate_reuse,
)
from stemstack.domain_shift.reuse.stem_library import StemMatch


def make_match(path, correlation):
    return StemMatch(path, path.replace("path", "song"), 1.0, 0.0, correlation)


@pytest.fixture
def searched(make_recipe):
    """Factory of mashups of two stems, one at its own speed, with matches and a false match."""

    def make(found, false_correlation=0.01):
        matches = [make_match(path, correlation) for path, correlation in found.items()]
        recipe = make_recipe(1000, rates=(1.0, 1.2))
        return SearchedMashup(recipe, matches, [make_match("path9", false_correlation)])

    return make


@pytest.fixture
def errorless():
    """Calibration without errors on 1,000 mashups."""
    every, none = Proportion(1000, 1000), Proportion(0, 1000)
    return Calibration(0.1, every, none, every, every, {})


def test_proportion_value_and_interval():
    assert np.isnan(Proportion(0, 0).value)
    assert Proportion(0, 0).interval == (0.0, 1.0)
    # Of 5 in 10, published tables have 0.237 to 0.763.
    np.testing.assert_allclose(Proportion(5, 10).interval, (0.2366, 0.7634), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("positives", "negatives", "expected"),
    [
        ([0.4, 0.5], [0.05, 0.1], 0.2),
        # Precision has priority: the positive below a negative is missed.
        ([0.05, 0.4], [0.1], 0.2),
        # So is one difficult mashup among many, for a larger margin to the negatives.
        ([0.11] + [0.4] * 30, [0.05, 0.1], (0.11 * 0.4) ** 0.5),
        # Only a threshold above all scores is precise.
        ([0.2], [0.5], 0.5**0.5),
        # None is.
        ([1.0], [1.0], 1.0),
    ],
)
def test_threshold_is_in_the_widest_gap(positives, negatives, expected):
    # rtol: float64.
    np.testing.assert_allclose(choose_threshold(positives, negatives), expected, rtol=1e-12)


def test_rate_is_rogan_gladen_estimate():
    recall, alarm = Proportion(80, 100), Proportion(10, 100)
    rate, (low, high) = correct_rate(Proportion(450, 1000), recall, alarm)
    # (0.45 - 0.1) / (0.8 - 0.1); rtol: float64.
    np.testing.assert_allclose(rate, 0.5, rtol=1e-12)
    assert 0.35 < low < 0.5 < high < 0.65
    assert correct_rate(Proportion(0, 1000), recall, alarm)[0] == 0
    assert correct_rate(Proportion(1000, 1000), recall, alarm)[0] == 1


@pytest.mark.parametrize("true_rate", [0.0, 0.3, 0.95])
def test_interval_covers_true_rate(true_rate):
    rng = np.random.default_rng(0)
    recall, alarm, covered = 0.9, 0.02, []
    for _ in range(500):
        flagged = Proportion(rng.binomial(100, true_rate * recall + (1 - true_rate) * alarm), 100)
        measured = (Proportion(rng.binomial(50, p), 50) for p in (recall, alarm))
        low, high = correct_rate(flagged, *measured)[1]
        covered.append(low <= true_rate <= high)
    # 0.95 minus three standard errors of 500 trials.
    assert np.mean(covered) > 0.92


def test_calibration_counts_matches(searched):
    chosen_on = [searched({"path0": 0.4}, 0.1)] * 3
    measured_on = [
        searched({"path0": 0.5, "path1": 0.3}),
        searched({"path0": 0.5, "path7": 0.3}),
        searched({"path0": 0.1}, 0.3),
        searched({}),
    ]
    found = calibrate(chosen_on, measured_on)
    # rtol: float64; the geometric mean of 0.1 and 0.4.
    np.testing.assert_allclose(found.threshold, 0.2, rtol=1e-12)
    assert found.recall == Proportion(2, 4)
    assert found.false_alarm == Proportion(1, 4)
    assert found.precision == Proportion(2, 3)
    assert found.stem_precision == Proportion(3, 4)
    assert found.stem_recall == {"own speed": Proportion(2, 4), "other speed": Proportion(1, 4)}
    assert found.to_dict()["stem_recall"]["own speed"]["value"] == 0.5


def test_reuse_is_estimated(errorless):
    clips = [[make_match("path0", 0.5)]] * 30 + [[make_match("path0", 0.05)], []] * 35
    reuse = estimate_reuse(clips, errorless)
    assert reuse.flagged == Proportion(30, 100) and reuse.is_reused
    # rtol: float64.
    np.testing.assert_allclose(reuse.rate, 0.3, rtol=1e-12)
    none = estimate_reuse(clips[30:], errorless)
    assert none.rate == 0 and none.is_reused is False
    assert none.interval[1] < 0.07


def test_reuse_is_none_without_power(errorless):
    powerless = replace(errorless, recall=Proportion(1, 100), false_alarm=Proportion(1, 100))
    reuse = estimate_reuse([[]] * 5, powerless)
    assert reuse.rate is None and reuse.interval is None and reuse.is_reused is None
