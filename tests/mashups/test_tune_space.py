"""The search space: settings there and back, and what is read off clips without a search."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.mashups import Settings
from stemstack.mashups.tune_space import (
    KNOBS,
    TEMPO_MODES,
    apply,
    fit_durations,
    fit_level,
    fit_to_clips,
    locate,
)


@given(
    places=st.lists(st.floats(0, 1), min_size=len(KNOBS), max_size=len(KNOBS)),
    tempo=st.sampled_from(TEMPO_MODES),
)
def test_parameters_make_settings_and_are_found_in_them(places, tempo):
    values = {knob.name: knob.value(place) for knob, place in zip(KNOBS, places, strict=True)}
    found = locate(apply(Settings(), {"tempo": tempo, **values}), TEMPO_MODES)
    assert found["tempo"] == tempo
    for knob in KNOBS:
        # atol: of the range, through decibels and octaves and back.
        np.testing.assert_allclose(
            knob.place(found[knob.name]), knob.place(values[knob.name]), rtol=0, atol=1e-6
        )


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_places_lie_in_the_range(knob):
    assert knob.value(-3) == pytest.approx(knob.low, rel=1e-12)  # a logarithm and back
    assert knob.value(7) == pytest.approx(knob.high, rel=1e-12)
    assert knob.place(knob.low) == 0 and knob.place(knob.high) == 1


def test_what_the_space_does_not_hold_is_brought_into_it():
    strange = Settings(tempo="resample", noise_gain=(0.0, 9.0), lowpass=(100.0, 20000.0))
    found = locate(strange, TEMPO_MODES)
    assert found["tempo"] == TEMPO_MODES[0]
    assert all(knob.low <= found[knob.name] <= knob.high for knob in KNOBS)


def test_durations_keep_the_law_of_the_clips():
    rng = np.random.default_rng(0)
    seconds = np.concatenate([np.full(500, 30.0), rng.uniform(6, 24, 500)])
    rows = fit_durations(seconds)
    assert (0.5, 30.0, 30.0) in rows
    assert sum(weight for weight, _, _ in rows) == pytest.approx(1, rel=1e-9)  # a sum of nine
    weights = np.array([weight for weight, _, _ in rows])
    drawn = [rng.uniform(*rows[i][1:]) for i in rng.choice(len(rows), 4000, p=weights)]
    wanted, got = (np.quantile(x, [0.05, 0.25, 0.45, 0.75]) for x in (seconds, drawn))
    # atol: in s; 4000 draws of a law read off 500 clips.
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1.0)
    assert fit_durations([7.0]) == ((1.0, 7.0, 7.0),)


def facts(peak, rms):
    return pd.DataFrame({"duration": 30.0, "peak_dbfs": peak, "rms_dbfs": rms})


def test_level_is_read_off_the_clips():
    base, rms = Settings(), np.linspace(-20, -15, 101)
    assert fit_level(base, facts(0.0, rms)) == base
    lower = fit_level(base, facts(-6.02, rms))
    assert lower.normalize == "peak" and lower.peak == pytest.approx(0.5, rel=1e-3)  # of -6.02 dB
    by_rms = fit_level(base, facts(np.linspace(-9, -1, 101), rms))
    assert by_rms.normalize == "rms"
    # rtol: quantiles of equal steps, and an eighth.
    np.testing.assert_allclose(by_rms.level, (-20.0, -15.0), rtol=1e-9)


def test_the_rest_of_the_settings_stays():
    start = Settings(anchor="slowest", normalize="none")
    fitted = fit_to_clips(start, facts(0.0, np.full(9, -17.0)))
    assert fitted == replace(start, normalize="peak", durations=((1.0, 30.0, 30.0),))
