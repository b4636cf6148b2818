"""Initial trials, which are resumed, and the search, which minimises the cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemstack.domain_shift.tuning.search import (
    SEARCH_SPACE,
    TEMPO_MODES,
    apply_parameters,
    best_trials,
    open_study,
    run_initial_trials,
    run_search,
)
from stemstack.exceptions import DataError, UsageError
from stemstack.mashups import Settings

COMMON = {"seed": 0, "tempo_modes": TEMPO_MODES}


def cost(parameters):
    position = (parameters["noise_top"] + 30) / 36
    return (position - 0.3) ** 2 + (parameters["tempo"] != "none")


def describe(parameters, seed):
    return np.array([[cost(parameters), seed % 1000]])


def run_initial(path, *, resume=False, killed_at=None, count=8, problem="these"):
    calls = []

    def counted(parameters, seed):
        calls.append(1)
        if len(calls) == killed_at:
            raise KeyboardInterrupt("killed")
        return describe(parameters, seed)

    study = open_study(path, {"clips": problem}, resume=resume)
    return run_initial_trials(study, counted, count=count, **COMMON)


@pytest.fixture(scope="module")
def initial_trials(tmp_path_factory):
    return run_initial(tmp_path_factory.mktemp("whole") / "search")


def test_initial_trials_alternate_between_tempo_modes(initial_trials):
    assert [trial.parameters["tempo"] for trial in initial_trials] == [*TEMPO_MODES] * 4
    assert len({trial.seed for trial in initial_trials}) == 8
    for trial in initial_trials:
        # rtol: stored in single precision.
        np.testing.assert_allclose(
            trial.table, describe(trial.parameters, trial.seed), rtol=1e-6, atol=0
        )


@pytest.mark.parametrize("killed_at", [1, 5, 8])
def test_interrupted_trials_resume_to_same_result(initial_trials, tmp_path, killed_at):
    with pytest.raises(KeyboardInterrupt, match="killed"):
        run_initial(tmp_path / "search", killed_at=killed_at)
    resumed = run_initial(tmp_path / "search", resume=True)
    assert [t.parameters for t in resumed] == [t.parameters for t in initial_trials]
    np.testing.assert_array_equal([t.table for t in resumed], [t.table for t in initial_trials])


def test_search_minimises_cost():
    trials = run_search(cost, n_trials=120, **COMMON)
    assert [trial.parameters["tempo"] for trial in trials] == np.repeat(TEMPO_MODES, 60).tolist()
    assert [trial.number for trial in trials] == [*range(60)] * 2
    assert all(trial.cost == cost(trial.parameters) for trial in trials)
    assert trials == run_search(cost, n_trials=120, **COMMON)
    best = best_trials(trials, 3)
    assert best[0].cost == min(trial.cost for trial in trials) < 0.01
    assert len(best) == 3 and best == sorted(best, key=lambda trial: trial.cost)
    assert {trial.parameters["tempo"] for trial in best_trials(trials, 1)} == set(TEMPO_MODES)


def test_max_seconds_ends_search():
    assert len(run_search(cost, n_trials=90, max_seconds=0, **COMMON)) == len(TEMPO_MODES)


def test_existing_search_file_raises(tmp_path):
    run_initial(tmp_path / "search", count=1)
    with pytest.raises(UsageError, match="there is a search already; add --resume"):
        run_initial(tmp_path / "search", count=1)
    with pytest.raises(
        UsageError, match="the search in this file has other clips; resume it with the same"
    ):
        run_initial(tmp_path / "search", resume=True, problem="others")
    (tmp_path / "other").write_text("no journal\n")
    with pytest.raises(DataError, match="is not the file of a search; remove it"):
        run_initial(tmp_path / "other", resume=True)


def parameter_values():
    ranges = {p.name: st.floats(p.low, p.high) for p in SEARCH_SPACE}
    return st.fixed_dictionaries({"tempo": st.sampled_from(TEMPO_MODES), **ranges})


@given(parameters=parameter_values())
def test_parameters_are_applied_to_settings(parameters):
    start = Settings(gain=(0.2, 0.9), noise_count=(1, 2), anchor="slowest")
    settings = apply_parameters(start, parameters)
    assert settings.tempo == parameters["tempo"] and settings.noise_law == "gain"
    assert (settings.gain, settings.noise_count, settings.anchor) == ((0.2, 0.9), (1, 2), "slowest")
    assert settings.noise_probability == parameters["noise_probability"]
    assert settings.overdrive == (0.0, parameters["overdrive"])
    top, span = parameters["noise_top"], parameters["noise_span"]
    # rtol, atol: conversion of decibels and octaves and back.
    np.testing.assert_allclose(
        20 * np.log10(settings.noise_gain), [top - span, top], rtol=1e-9, atol=1e-9
    )
    octaves = np.log2(settings.lowpass[1] / settings.lowpass[0])
    assert octaves == pytest.approx(parameters["lowpass_octaves"], abs=1e-9)
