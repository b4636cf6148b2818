"""Differences of known changes to clips, described in their units."""

import numpy as np
import pandas as pd
import pytest

from stemstack.domain_shift.gap.clip_stats import compute_clip_stats
from stemstack.domain_shift.gap.differences import find_differences
from stemstack.domain_shift.gap.two_sample import domain_gap
from stemstack.features import extract

SR = 22050


def difference_in(column, a, b):
    """Return the difference in one column of features."""
    X = pd.DataFrame({column: np.concatenate([a, b])})
    is_b = np.arange(len(X)) >= len(a)
    rng = np.random.default_rng(0)
    (found,) = find_differences(X, is_b, np.arange(len(X)), n_permutations=99, rng=rng)
    return found


@pytest.mark.parametrize(
    ("column", "a", "b", "description"),
    [
        ("rms_dbfs", -20.0, -17.0, "is louder by 3 dB"),
        ("rms_dbfs", -17.0, -20.0, "is quieter by 3 dB"),
        ("octaves_7_mean", -30.0, -25.0, "is 5 dB stronger over 6.4 kHz"),
        ("flatness_median", 0.01, 0.02, "is noisier: spectral flatness ×2"),
        ("flatness_median", 0.02, 0.01, "is less noisy: spectral flatness ×0.5"),
        ("tempo", 120.0, 100.0, "is slower by 20 BPM"),
        ("rms_min", 0.001, 0.01, "is louder in its quietest moment by 20 dB"),
        ("full_scale_share", 0.0, 0.02, "is more often at full scale, by 2 % of the samples"),
        ("centroid_median", 1000.0, 2500.0, "is brighter: spectral centroid 1500 Hz higher"),
        (
            "decay_rate",
            200.0,
            150.0,
            "is more reverberant or compressed: levels fall by 50 dB/s slower after peaks",
        ),
        (
            "texture_level_7_mean",
            5.0,
            3.0,
            "is steadier in its background: levels over 6.4 kHz vary by 2 dB less within a second",
        ),
        ("duration", 30.0, 30.0, "has more length, though not at the median"),
    ],
)
def test_difference_is_described_in_its_unit(column, a, b, description):
    wobble = np.linspace(-1e-4, 1e-4, 21) * abs(a or b)
    extra = np.where(np.arange(21) > 15, 3 * (a == b), 0)
    found = difference_in(column, a + wobble, b + wobble + extra)
    assert found.description == description
    assert found.p_value <= 0.01 or a == b


def test_effect_is_cliffs_delta():
    found = difference_in("tempo", [1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
    # Of nine pairs, B is higher in six, equal in two, lower in one: 6/9 - 1/9.
    np.testing.assert_allclose(found.effect, 5 / 9, rtol=1e-12)  # one division
    assert found.a == 2.0 and found.b == 3.0 and found.p_value > 0.1


def test_added_gain_and_noise_are_found():
    rng = np.random.default_rng(0)
    time = np.arange(SR) / SR
    tones = [0.1 * np.sin(2 * np.pi * f * time) for f in rng.uniform(200, 900, 16)]
    clean = [(tone + 1e-4 * rng.standard_normal(SR)).astype(np.float32) for tone in tones]
    noisy = [2 * c + 0.02 * rng.standard_normal(SR).astype(np.float32) for c in clean]
    tables = []
    for clips in (clean, noisy):
        features, _ = extract(clips, families=["flatness", "octaves", "centroid"])
        tables.append(pd.concat([compute_clip_stats(clips), features], axis=1))
    gap = domain_gap(*tables, n_permutations=99, n_resamples=50)
    significant = {found.name: found for found in gap.significant_differences}
    # atol: in dB; the noise adds 0.1 dB to the doubled amplitude.
    np.testing.assert_allclose(significant["level"].difference, 6.02, rtol=0, atol=0.15)
    assert significant["noisiness"].difference > 10
    assert significant["brightness"].difference > 0
    assert "length" not in significant
