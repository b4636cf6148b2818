"""The pilots, which a killed tuning goes on with, and the search, which goes down."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.domain_shift.tuning.search import (
    KNOBS,
    TEMPO_MODES,
    apply,
    best_trials,
    open_record,
    run_initial_trials,
    run_search,
)
from stemstack.exceptions import DataError, UsageError
from stemstack.mashups import Settings

HOW = {"seed": 0, "tempo_modes": TEMPO_MODES}


def cost(parameters):
    places = {knob.name: knob.place(parameters[knob.name]) for knob in KNOBS}
    return (places["noise_top"] - 0.3) ** 2 + (parameters["tempo"] != "none")


def describe(parameters, seed):
    return np.array([[cost(parameters), seed % 1000]])


def make_pilots(path, *, resume=False, killed_at=None, count=8, problem="ours"):
    calls = []

    def counted(parameters, seed):
        calls.append(1)
        if len(calls) == killed_at:
            raise KeyboardInterrupt
        return describe(parameters, seed)

    record = open_record(path, {"clips": problem}, resume=resume)
    return run_initial_trials(record, counted, count=count, **HOW)


@pytest.fixture(scope="module")
def pilots(tmp_path_factory):
    return make_pilots(tmp_path_factory.mktemp("whole") / "search")


def test_pilots_are_random_and_take_the_modes_in_turn(pilots):
    assert [pilot.parameters["tempo"] for pilot in pilots] == [*TEMPO_MODES] * 4
    assert len({pilot.seed for pilot in pilots}) == 8
    for pilot in pilots:
        # rtol: kept in single precision.
        np.testing.assert_allclose(
            pilot.table, describe(pilot.parameters, pilot.seed), rtol=1e-6, atol=0
        )


@pytest.mark.parametrize("killed_at", [1, 5, 8])
def test_a_killed_tuning_goes_on_to_the_same_pilots(pilots, tmp_path, killed_at):
    with pytest.raises(KeyboardInterrupt):
        make_pilots(tmp_path / "search", killed_at=killed_at)
    again = make_pilots(tmp_path / "search", resume=True)
    assert [p.parameters for p in again] == [p.parameters for p in pilots]
    np.testing.assert_array_equal([p.table for p in again], [p.table for p in pilots])


def test_it_finds_what_is_cheap():
    trials = run_search(cost, budget=120, **HOW)
    assert [trial.parameters["tempo"] for trial in trials] == np.repeat(TEMPO_MODES, 60).tolist()
    assert [trial.number for trial in trials] == [*range(60)] * 2
    assert all(trial.cost == cost(trial.parameters) for trial in trials)
    assert trials == run_search(cost, budget=120, **HOW)
    best = best_trials(trials, 3)
    assert best[0].cost == min(trial.cost for trial in trials) < 0.01
    assert len(best) == 3 and best == sorted(best, key=lambda trial: trial.cost)
    assert {trial.parameters["tempo"] for trial in best_trials(trials, 1)} == set(TEMPO_MODES)


def test_time_ends_a_search():
    assert len(run_search(cost, budget=90, seconds=0, **HOW)) == len(TEMPO_MODES)


def test_a_record_is_not_gone_over_in_silence(tmp_path):
    make_pilots(tmp_path / "search", count=1)
    with pytest.raises(UsageError, match="there is a search already; add --resume"):
        make_pilots(tmp_path / "search", count=1)
    with pytest.raises(UsageError, match="was begun with another clips; resume it with the same"):
        make_pilots(tmp_path / "search", resume=True, problem="theirs")
    (tmp_path / "other").write_text("no journal\n")
    with pytest.raises(DataError, match="is not the record of a search; remove it"):
        make_pilots(tmp_path / "other", resume=True)


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
