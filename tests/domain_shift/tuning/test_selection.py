"""Density ratios of known distributions, and the generators that they select."""

import numpy as np
import pandas as pd

from stemstack.domain_shift.tuning.selection import log_density_ratios, select_generators
from stemstack.mashups import Settings

TEMPI = ("interpolate", "resample", "stretch", "none")


def make_table(centres, rng):
    return pd.DataFrame(
        {"tempo": rng.normal(centres), "centroid_mean": rng.normal(size=len(centres))}
    )


def test_log_density_ratio_of_shifted_normals():
    rng = np.random.default_rng(0)
    X, X_test = make_table(np.zeros(800), rng), make_table(np.ones(400), rng)
    ratios, auc = log_density_ratios(X, X_test, list(range(800)), seed=0)
    # N(1, 1) to N(0, 1): x - 1/2. The ranks of both flatten the tails.
    slope, intercept = np.polyfit(X["tempo"], ratios, 1)
    assert abs(slope - 1) < 0.2 and abs(intercept + 0.5) < 0.15
    # The AUC of the normals is the normal distribution function at 1/√2: 0.760.
    assert abs(auc - 0.76) < 0.04


def test_generators_like_the_test_are_selected():
    rng = np.random.default_rng(0)
    pilots = [Settings(tempo=TEMPI[number % 4]) for number in range(200)]
    is_stretch = np.array([one.tempo == "stretch" for one in pilots])
    X, X_test = make_table(4.0 * is_stretch, rng), make_table(np.full(100, 4.0), rng)
    ratios, _ = log_density_ratios(X, X_test, list(range(200)), seed=0)
    chosen = select_generators(pilots * 5, pilots, ratios, 100, rng)
    share = np.mean([one.tempo == "stretch" for one in chosen])
    # Without the test it would be a quarter; three tenths of the generators are chosen that way.
    assert 0.65 < share < 0.9
