"""Rates: one tempo for all, from the anchor asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.mashups import Settings, Source
from stemstack.mashups.syncing import draw_rates, fold_octaves

NAN = float("nan")
STEMS = ("drums", "vocals", "bass", "other")


def sources(*tempi, confidences=(1, 1, 1, 1)):
    return [Source("", 0, t, c, "") for t, c in zip(tempi, confidences, strict=True)]


def rates(found, **settings):
    return draw_rates(STEMS, found, Settings(**settings), np.random.default_rng(0))


@given(tempi=st.tuples(*[st.floats(40, 240)] * 4), seed=st.integers(0, 99))
def test_every_stem_runs_at_the_anchors_tempo(tempi, seed):
    drawn = draw_rates(STEMS, sources(*tempi), Settings(), np.random.default_rng(seed))
    # rtol: one division and one product in float64.
    np.testing.assert_allclose(drawn * tempi, (drawn * tempi)[0], rtol=1e-12)
    assert 1.0 in drawn


@pytest.mark.parametrize(
    ("anchor", "tempo"),
    [("median", 105), ("slowest", 90), ("fastest", 150), ("bass", 110)],
)
def test_the_anchor_is_the_one_asked_for(anchor, tempo):
    tempi = np.array([90, 100, 110, 150])
    # rtol: one division and one product in float64.
    np.testing.assert_allclose(rates(sources(*tempi), anchor=anchor) * tempi, tempo, rtol=1e-12)


def test_stems_without_a_tempo_keep_their_speed():
    assert (rates(sources(NAN, NAN, NAN, NAN)) == 1).all()
    found = rates(sources(NAN, 100, 110, NAN), anchor="slowest")
    np.testing.assert_array_equal(found, [1, 1, 100 / 110, 1])


def test_an_anchor_without_a_tempo_leaves_the_choice_to_chance():
    found = rates(sources(100, 120, NAN, 130), anchor="bass") * [100, 120, 1, 130]
    assert found[0] in (100, 120, 130) and found[2] == 1


def test_uncertain_tempi_are_not_followed():
    found = sources(100, 200, 110, 110, confidences=(0.9, 0.1, 0.9, 0.5))
    np.testing.assert_array_equal(
        rates(found, tempo_confidence=0.5, anchor="fastest"), [1.1, 1, 1, 1]
    )


def test_rates_are_clipped_only_when_asked():
    found = sources(60, 180, 120, 120)
    # rtol: one division in float64.
    np.testing.assert_allclose(rates(found, anchor="fastest"), [3, 1, 1.5, 1.5], rtol=1e-12)
    clipped = rates(found, anchor="fastest", rate_range=(0.8, 1.25))
    np.testing.assert_array_equal(clipped, [1.25, 1, 1.25, 1.25])


def test_octave_errors_are_harmless_when_asked():
    found = sources(60, 120, 240, 100)
    np.testing.assert_array_equal(rates(found, anchor="vocals", octave_safe=True), [1, 1, 1, 1.2])


@given(rate=st.floats(0.05, 20))
def test_folding_moves_by_octaves_to_the_nearest_of_1(rate):
    folded = float(fold_octaves(rate))
    octaves = np.log2(folded / rate)
    # atol: float64 logarithms.
    assert abs(octaves - round(octaves)) < 1e-12
    assert abs(np.log2(folded)) <= 0.5 + 1e-12


def test_no_tempo_mode_leaves_speeds_alone():
    assert (rates(sources(60, 120, 240, 100), tempo="none") == 1).all()
