"""Matching inside a fit: what a run keeps, resumption, and data that allow none."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import soundfile as sf

from stemstack.datasets import read_data
from stemstack.domain_shift.tuning import TuneBudget, match_settings
from stemstack.exceptions import DataError
from stemstack.mashups import Settings
from stemstack.runs import Config, fit_run
from stemstack.utils.progress import NullProgress
from stemstack.utils.resources import Resources

BUDGET = TuneBudget(n_pilots=20, n_rounds=1, gap_clips=20, matched_auc=0.0, folds=2)


class Log(NullProgress):
    def __init__(self):
        self.lines = []

    def log(self, message):
        self.lines.append(message)


@pytest.fixture(scope="module")
def data(make_stem_data, tmp_path_factory):
    """Songs and test clips of one second."""
    return make_stem_data(tmp_path_factory.mktemp("match") / "DATA", seconds=1.0, test=20)


@pytest.fixture(scope="module")
def fitted(data, shared_cache, tmp_path_factory):
    """A run with matched settings, and what was logged."""
    config = Config(
        str(data),
        models=("heuristic",),
        folds=2,
        mashups_per_genre=4,
        settings={"mixture": "wide"},
    )
    log, out = Log(), tmp_path_factory.mktemp("match") / "RUN"
    # A second round would start after the time.
    match = partial(match_settings, budget=replace(BUDGET, n_rounds=2, max_seconds=0.0))
    run, _ = fit_run(config, out, match=match, resources=Resources(shared_cache, 1, log))
    return config, run, log.lines


def test_run_keeps_settings_and_trace(fitted):
    _, run, lines = fitted
    trace = json.loads((run.path / "match.json").read_text())
    settings = Settings.from_yaml(run.path / "settings.yaml")
    assert trace["settings"] == settings.to_dict()
    assert Settings.from_dict(run.config.settings) == settings
    if trace["settings"] != trace["start"]:
        assert settings.durations == ((1.0, 1.0, 1.0),)
    assert any("AUC" in line for line in lines)
    assert [one["n_pilots"] for one in trace["rounds"]] == [20]


def test_resumed_run_keeps_matched_settings(fitted, shared_cache):
    config, run, _ = fitted

    def fail(*args, **options):
        raise AssertionError("a resumed run is not matched again")

    before = run.config.settings
    fit_run(config, run.path, resume=True, match=fail, resources=Resources(shared_cache, 1))
    assert run.config.settings == before


def test_matching_settings_are_left(data, shared_cache):
    budget = TuneBudget(gap_clips=20, matched_auc=1.0, folds=2)
    start = {"durations": [[1.0, 0.5, 0.5]]}
    resources = Resources(shared_cache, 1, Log())
    settings, files = match_settings(read_data(data), start, budget=budget, resources=resources)
    assert settings is start and sorted(files) == ["match.json", "settings.yaml"]
    (line,) = resources.progress.lines
    assert "left as they are, which match the test best" in line


def test_length_is_read_and_generators_stay(data, shared_cache):
    budget = replace(BUDGET, n_rounds=0)
    resources = Resources(shared_cache, 1, Log())
    start = {"mixture": "wide"}
    settings, _ = match_settings(read_data(data), start, budget=budget, resources=resources)
    read = Settings(mixture="wide", durations=((1.0, 1.0, 1.0),), stems=settings["stems"])
    assert settings == read.to_dict()
    assert any("the rest is that of the settings before" in x for x in resources.progress.lines)


def test_few_or_silent_clips_are_one_message(make_stem_data, shared_cache, tmp_path):
    root = make_stem_data(tmp_path / "DATA", songs=2, seconds=0.5, test=20, noise=2)
    data, resources = read_data(root), Resources(shared_cache, 1, Log())
    sf.write(root / data.test["path"][0], np.zeros(9000), 22050)
    settings, files = match_settings(data, {}, budget=BUDGET, resources=resources)
    assert (settings, files) == ({}, {})
    (line,) = resources.progress.lines
    assert "has 19 test clips that can be read and are not silent; at least 20" in line
    few = replace(data, test=data.test[:2])
    with pytest.raises(DataError, match="has 2 test clips"):
        match_settings(few, {}, budget=BUDGET, required=True, resources=resources)


def test_clips_are_matched_only_where_required(data, shared_cache, tmp_path):
    song = next((data / "genres_stems").glob("*/*"))
    rows = [{"path": str(song / f"{stem}.wav"), "label": stem} for stem in ("bass", "other")]
    pd.DataFrame(rows).to_csv(tmp_path / "clips.csv", index=False)
    data, resources = read_data(tmp_path / "clips.csv"), Resources(shared_cache, 1, Log())
    assert match_settings(data, {}, resources=resources) == ({}, {})
    assert not resources.progress.lines
    with pytest.raises(DataError, match="tuning needs songs in stems"):
        match_settings(data, {}, required=True, resources=resources)
