"""What is needed to repeat a run."""

import re

import numpy as np
import pandas as pd
import pytest

from stemstack.reports.evaluation import Evaluation
from stemstack.reports.sections.data import (
    data_section,
    how_section,
    repeat_section,
    shares_section,
    shift_hint,
)


def test_command_configuration_versions_and_files_are_there():
    files = pd.DataFrame({"what": ["scores"], "files": [1], "kB": [3]}, ["metrics.json"])
    body = repeat_section("stemstack fit", "data: <d>\n", {"numpy": "2.4.6"}, files).body
    for words in ("stemstack fit", "data: &lt;d&gt;\n", "2.4.6", "metrics.json", "scores"):
        assert words in body


BALANCE = pd.DataFrame([[1, 2], [3, 4]], ["<d>", "b"], [0, 1])
SHARES = pd.DataFrame({"training": [0.3, 0.7], "guess, out of fold": [0.4, 0.6]}, ["<d>", "b"])


@pytest.mark.parametrize("test", [True, False])
def test_shares_are_drawn_for_what_there_is(test):
    shares = SHARES.assign(**{"guess, test": [0.1, 0.9]} if test else {})
    body = shares_section(BALANCE, shares, "Hint.", []).body
    assert ("guess, test: b most (90.0 %), &lt;d&gt; least (10.0 %)" in body) is test
    assert "Hint." in body and "left out" not in body


def test_folds_are_counted_and_summed():
    cells = re.findall(r"<td>(\d+)</td>", shares_section(BALANCE, SHARES, "", []).body)
    assert cells == ["1", "2", "3", "3", "4", "7"]


def test_clips_left_out_are_named():
    body = shares_section(BALANCE, SHARES, "", ["song.wav: is <empty>"]).body
    assert "1 test clips could not be read" in body and "song.wav: is &lt;empty&gt;" in body


COUNTS = pd.DataFrame({"training": [50, 50], "guess, out of fold": [55, 45]}, ["a", "b"])


def test_a_shift_is_hinted_at_by_class():
    hint = shift_hint(COUNTS.assign(**{"guess, test": [10, 90]}))
    assert "a −45, b +45 points" in hint and "--decode" in hint


def test_no_shift_no_hint():
    assert "no hint of a label shift" in shift_hint(COUNTS.assign(**{"guess, test": [52, 48]}))
    assert "p = 1.00" in shift_hint(COUNTS.assign(**{"guess, test": [55, 45]}))


def test_a_class_that_nobody_guesses_does_not_disturb():
    counts = pd.DataFrame({"guess, out of fold": [9, 0], "guess, test": [9, 0]}, ["a", "b"])
    assert "no hint" in shift_hint(counts)


def test_without_test_clips_there_is_nothing_to_compare():
    assert "no test clips" in shift_hint(COUNTS)


@pytest.fixture
def run(make_run):
    said = {"lr": np.eye(2)[[0, 1, 0, 0]], "stack": np.eye(2)[[0, 1, 0, 0]]}
    tests = {name: values[:2] for name, values in said.items()}
    return make_run("DATA", range(4), list("abab"), said, test_ids=[1, 2], test_said=tests)


def test_the_section_counts_folds_and_guesses(run):
    oof = run.read_table("ledger/oof")
    said = {"stack": oof[["stack__a", "stack__b"]].to_numpy()}
    side = Evaluation("out of fold", ["a", "b"], oof["label"].to_numpy(object), np.arange(4), said)
    body = data_section(run, side).body
    # Truth half and half; out of fold three of four guesses are a; on the test one of two.
    assert [part.split("<")[0] for part in body.split("<td>")[1:7]] == [
        "0.500", "0.750", "0.500", "0.500", "0.250", "0.500",
    ]  # fmt: skip


@pytest.mark.parametrize("complete", [True, False])
def test_the_command_and_the_files_are_named(run, complete):
    body = how_section(run, complete=complete).body
    assert "stemstack fit --config config.yaml --out RUN" in body
    assert "metrics.json" in body and "recipes.parquet" not in body
    assert ("stemstack report RUN" in body) is not complete


def test_a_stacked_run_is_repeated_by_stack(run):
    run.config.write(run.config_path, {"stack": {"blend": "greedy", "runs": {"A B": {}}}})
    command = "stemstack stack &#x27;A B&#x27; --blend greedy --out RUN"
    assert command in how_section(run, complete=True).body
