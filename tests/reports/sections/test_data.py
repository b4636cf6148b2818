"""Class frequencies are counted and compared; folds are counted; left-out clips are named."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from stemstack.reports import ReportInputs
from stemstack.reports.evaluation import collect_evaluations
from stemstack.reports.sections.data import DATA, describe_shift
from stemstack.runs.learning_curve import CURVE, LearningCurve

COUNTS = pd.DataFrame({"training": [50, 50], "predicted, out of fold": [55, 45]}, ["a", "b"])
FOLDS = pd.DataFrame([[1, 2], [3, 4]], ["a", "b"], [0, 1])
TABLES = {"counts": COUNTS, "folds": FOLDS, "curve": None, "multilabel": False, "self_training": {}}


@pytest.fixture
def run(make_run):
    proba = {"lr": np.eye(2)[[0, 1, 0, 0]], "stack": np.eye(2)[[0, 1, 0, 0]]}
    test_proba = {name: values[:2] for name, values in proba.items()}
    run = make_run("DATA", range(4), list("abab"), proba, test_ids=[1, 2], test_proba=test_proba)
    run.write_table("folds", pd.DataFrame({"group": range(4)}))
    return run


def test_classes_and_folds_are_counted(run):
    data = DATA.collect(ReportInputs(run, collect_evaluations(run)))
    # Three of four clips are predicted to be a; of the test clips one of two.
    assert data["counts"].to_dict() == {
        "training": {"a": 2, "b": 2},
        "predicted, out of fold": {"a": 3, "b": 1},
        "predicted, test": {"a": 1, "b": 1},
    }
    assert data["folds"].to_numpy().tolist() == [[2, 0], [0, 2]]
    assert data["left_out"] == []


def test_run_without_test_clips_has_no_test_column(run):
    (run.path / "ledger/test.parquet").unlink()
    data = DATA.collect(ReportInputs(run, collect_evaluations(run)))
    assert list(data["counts"]) == ["training", "predicted, out of fold"]
    assert "no test clips" in DATA.render(data)


def test_fold_counts_have_a_sum():
    body = DATA.render({**TABLES, "left_out": []})
    assert re.findall(r"<td>(\d+)</td>", body) == ["1", "2", "3", "3", "4", "7"]
    assert "left out" not in body


def test_left_out_clips_are_named():
    body = DATA.render({**TABLES, "left_out": ["song.wav: is <empty>"]})
    assert "1 test clips could not be read" in body and "song.wav: is &lt;empty&gt;" in body


def test_significant_shift_is_described_by_class():
    text = describe_shift(COUNTS.assign(**{"predicted, test": [10, 90]}))
    assert "a −45, b +45 percentage points" in text and "--decode" in text


@pytest.mark.parametrize(("test", "p_value"), [([52, 48], "0.78"), ([55, 45], "1.00")])
def test_insignificant_shift_is_none(test, p_value):
    text = describe_shift(COUNTS.assign(**{"predicted, test": test}))
    assert f"p = {p_value}): no sign of a label shift" in text


def test_never_predicted_class_does_not_matter():
    counts = pd.DataFrame({"predicted, out of fold": [9, 0], "predicted, test": [9, 0]}, ["a", "b"])
    assert "no sign" in describe_shift(counts)


def test_learning_curve_is_a_table(run):
    curve = LearningCurve(["lr"], [50, 100], [0.5, 0.625], 200, "more would take too long")
    (run.path / CURVE).write_text(json.dumps(curve.to_dict()))
    data = DATA.collect(ReportInputs(run, collect_evaluations(run)))
    body = DATA.render({**data, "folds": FOLDS, "counts": COUNTS})
    assert "200 mashups per class: more would take too long." in body
    assert re.findall(r"<th[^>]*>(\d+)</th>\s*<td[^>]*>(0\.\d+)", body)[-2:] == [
        ("50", "0.500"),
        ("100", "0.625"),
    ]
