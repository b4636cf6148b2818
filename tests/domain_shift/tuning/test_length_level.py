"""Duration and level settings, estimated from clips of known distributions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stemstack.domain_shift.tuning.length_level import fit_durations, fit_level
from stemstack.mashups import Settings

UNLIMITED = np.full(9, 3600.0)


def test_durations_have_distribution_of_clips():
    rng = np.random.default_rng(0)
    seconds = np.concatenate([np.full(500, 30.0), rng.uniform(6, 24, 500)])
    rows = fit_durations(seconds, UNLIMITED)
    assert (0.5, 30.0, 30.0) in rows
    assert sum(weight for weight, _, _ in rows) == pytest.approx(
        1, rel=1e-9
    )  # a sum of nine numbers
    weights = np.array([weight for weight, _, _ in rows])
    sampled = [rng.uniform(*rows[i][1:]) for i in rng.choice(len(rows), 4000, p=weights)]
    expected, actual = (np.quantile(x, [0.05, 0.25, 0.45, 0.75]) for x in (seconds, sampled))
    # atol: in s; 4000 samples of a distribution estimated from 500 clips.
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1.0)
    assert fit_durations([7.0], UNLIMITED) == ((1.0, 7.0, 7.0),)


def test_durations_limited_by_stems_are_corrected():
    rng = np.random.default_rng(0)
    sampled = np.where(rng.random(4000) < 0.5, 30.0, rng.uniform(6, 30, 4000))
    available = np.minimum(rng.uniform(15, 40, 4000), 30.0)
    rows = fit_durations(np.minimum(sampled, available), rng.permutation(available))
    whole = sum(weight for weight, low, _ in rows if low >= 29.99)
    assert whole == pytest.approx(0.5, abs=0.05)  # of 1600 clips that could be so long
    weights = np.array([weight for weight, _, _ in rows])
    again = [rng.uniform(*rows[i][1:]) for i in rng.choice(len(rows), 4000, p=weights)]
    expected, actual = (np.quantile(x, [0.05, 0.1, 0.2, 0.3, 0.4]) for x in (sampled, again))
    # atol: in s; quantiles of 4000 clips, an eighth of them to a row.
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1.5)


def test_unavailable_durations_become_the_longest():
    assert fit_durations([20.0, 25.0, 30.0], [5.0, 6.0]) == ((1.0, 30.0, 30.0),)


def make_stats(peak, rms):
    return pd.DataFrame({"duration": 30.0, "peak_dbfs": peak, "rms_dbfs": rms})


def test_level_is_estimated_from_clips():
    base, rms = Settings(), np.linspace(-20, -15, 101)
    assert fit_level(base, make_stats(0.0, rms)) == base
    lower = fit_level(base, make_stats(-6.02, rms))
    assert lower.normalize == "peak" and lower.peak == pytest.approx(0.5, rel=1e-3)  # of -6.02 dB
    by_rms = fit_level(base, make_stats(np.linspace(-9, -1, 101), rms))
    assert by_rms.normalize == "rms"
    # rtol: quantiles of equal steps, and an eighth.
    np.testing.assert_allclose(by_rms.level, (-20.0, -15.0), rtol=1e-9)
    by_peak = fit_level(base, make_stats(np.linspace(-9, -5, 101), rms))
    # Quantiles of -8.6 and -5.4 dB, extended by 0.4 dB.
    assert by_peak.normalize == "peak" and by_peak.headroom == pytest.approx((0.0, 4.0), rel=1e-9)
    assert by_peak.peak == pytest.approx(10 ** (-5.0 / 20), rel=1e-9)


def test_other_settings_are_unchanged():
    start = Settings(anchor="slowest", normalize="none")
    fitted = fit_level(start, make_stats(0.0, np.full(9, -17.0)))
    assert fitted == replace(start, normalize="peak")
