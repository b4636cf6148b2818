"""The search space: from parameters to settings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.mashups import Settings
from stemstack.mashups.tune_space import KNOBS, TEMPO_MODES, apply


@given(
    places=st.lists(st.floats(0, 1), min_size=len(KNOBS), max_size=len(KNOBS)),
    tempo=st.sampled_from(TEMPO_MODES),
)
def test_parameters_make_settings(places, tempo):
    values = {knob.name: knob.value(place) for knob, place in zip(KNOBS, places, strict=True)}
    start = Settings(gain=(0.2, 0.9), noise_count=(1, 2), anchor="slowest")
    made = apply(start, {"tempo": tempo, **values})
    assert made.tempo == tempo and made.noise_law == "gain"
    assert (made.gain, made.noise_count, made.anchor) == ((0.2, 0.9), (1, 2), "slowest")
    assert made.noise_probability == values["noise_probability"]
    assert made.overdrive == (0.0, values["overdrive"])
    # rtol, atol: decibels and octaves there and back.
    np.testing.assert_allclose(
        20 * np.log10(made.noise_gain),
        [values["noise_top"] - values["noise_span"], values["noise_top"]],
        rtol=1e-9,
        atol=1e-9,
    )
    octaves = np.log2(made.lowpass[1] / made.lowpass[0])
    assert octaves == pytest.approx(values["lowpass_octaves"], abs=1e-9)


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_places_lie_in_the_range(knob):
    assert knob.value(-3) == pytest.approx(knob.low, rel=1e-12)  # a logarithm and back
    assert knob.value(7) == pytest.approx(knob.high, rel=1e-12)
    assert knob.place(knob.low) == 0 and knob.place(knob.high) == 1
