"""The search: it goes down, and a killed one goes on to the very same trials."""

import numpy as np
import pytest

from stemstack.errors import DataError, UsageError
from stemstack.mashups import Settings
from stemstack.mashups.tune_search import best_trials, open_record, run_pilots, run_search
from stemstack.mashups.tune_space import KNOBS, TEMPO_MODES, locate

HOW = {"seed": 0, "tempo_modes": TEMPO_MODES}
START = locate(Settings(), TEMPO_MODES)


def cost(parameters):
    places = {knob.name: knob.place(parameters[knob.name]) for knob in KNOBS}
    return (places["noise_top"] - 0.3) ** 2 + (parameters["tempo"] != "none")


def summarise(parameters, seed):
    return np.array([cost(parameters), seed])


def search(path, *, resume=False, killed_at=None, budget=15, problem="ours"):
    """Pilots and search; ``killed_at`` counts calls of either."""
    calls = []

    def counted(function):
        def call(*arguments):
            calls.append(1)
            if len(calls) == killed_at:
                raise KeyboardInterrupt
            return function(*arguments)

        return call

    record = open_record(path, {"clips": problem}, resume=resume)
    pilots = run_pilots(record, counted(summarise), count=8, **HOW)
    known = [float(pilot.summary[0]) for pilot in pilots]
    return pilots, run_search(
        record, counted(cost), known=known, begin=[START], budget=budget, **HOW
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return search(tmp_path_factory.mktemp("whole") / "search")


def test_it_finds_what_is_cheap(whole):
    pilots, trials = whole
    assert len(pilots) == 8 and len(trials) == 23
    assert [trial.parameters for trial in trials[:8]] == [pilot.parameters for pilot in pilots]
    assert trials[8].parameters == START
    assert all(trial.cost == cost(trial.parameters) for trial in trials)
    assert len({pilot.summary[1] for pilot in pilots}) == 8
    best = best_trials(trials, 3)
    assert best[0].cost == min(trial.cost for trial in trials) < 0.05
    assert len(best) == 3 and best == sorted(best, key=lambda trial: trial.cost)
    assert {trial.parameters["tempo"] for trial in best_trials(trials, 1)} == set(TEMPO_MODES)


@pytest.mark.parametrize("killed_at", [5, 9, 17])
def test_a_killed_search_goes_on_to_the_same_trials(whole, tmp_path, killed_at):
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "search", killed_at=killed_at)
    _, trials = search(tmp_path / "search", resume=True)
    assert trials == whole[1]


def test_a_larger_budget_goes_on_where_the_smaller_ended(whole, tmp_path):
    search(tmp_path / "search", budget=3)
    assert search(tmp_path / "search", resume=True)[1] == whole[1]


def test_time_ends_a_search(tmp_path):
    record = open_record(tmp_path / "search", {}, resume=False)
    run_pilots(record, summarise, count=2, **HOW)
    trials = run_search(record, cost, known=[1.0, 2.0], begin=[], budget=9, seconds=0, **HOW)
    assert len(trials) == 2


def test_a_record_is_not_gone_over_in_silence(tmp_path):
    search(tmp_path / "search", budget=1)
    with pytest.raises(UsageError, match="there is a search already; add --resume"):
        search(tmp_path / "search", budget=1)
    with pytest.raises(UsageError, match="was begun with another clips; resume it with the same"):
        search(tmp_path / "search", budget=1, resume=True, problem="theirs")
    (tmp_path / "other").write_text("no journal\n")
    with pytest.raises(DataError, match="is not the record of a search; remove it"):
        search(tmp_path / "other", resume=True)
