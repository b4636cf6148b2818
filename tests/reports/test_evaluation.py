"""Evaluations: predicted labels and scores from the tables of a run."""

import numpy as np
import pandas as pd
import pytest

from stemstack.exceptions import DataError
from stemstack.reports.evaluation import collect_evaluations
from stemstack.runs import Run
from stemstack.runs.prediction.evaluate import read_test_labels
from stemstack.stacking import score_classes


def test_predictions_are_the_most_probable_classes(evaluation):
    right = {m: int(np.sum(y == evaluation.y_true)) for m, y in evaluation.y_pred.items()}
    assert right == {"lr": 36, "lgbm": 45, "stack": 48}
    y_pred = evaluation.y_pred["lr"]
    assert evaluation.scores["lr"] == score_classes(evaluation.y_true, y_pred, evaluation.classes)


def test_stack_is_the_last_model(evaluation):
    assert evaluation.stack == "stack"
    assert evaluation.models == ["lr", "lgbm"]


LABELS = ["a", "b", "a", "b"]
LR, STACK = np.array([[0.9, 0.1]] * 4), np.array([[0.6, 0.4], [0.4, 0.6]] * 2)


@pytest.fixture
def run(make_run):
    """Four clips of two groups, and two test clips."""
    proba = {"lr": LR, "stack": STACK}
    test_proba = {name: values[:2] for name, values in proba.items()}
    run = make_run("DATA", list("wxyz"), LABELS, proba, test_ids=["7", "08"], test_proba=test_proba)
    run.write_table("folds", pd.DataFrame({"group": ["g", "h", "g", "h"]}))
    return run


def test_without_test_labels_only_out_of_fold(run):
    (evaluation,) = collect_evaluations(run)
    assert evaluation.name == "out of fold" and list(evaluation.proba) == ["lr", "stack"]
    assert evaluation.y_true.tolist() == LABELS
    assert evaluation.groups.tolist() == ["g", "h", "g", "h"]
    assert evaluation.y_pred["lr"].tolist() == ["a"] * 4
    assert evaluation.scores["stack"]["macro_f1"] == 1


def test_test_labels_are_matched_by_id(run, tmp_path):
    answers = tmp_path / "answers.csv"
    answers.write_text("id,genre\n08,a\n7,b\n9,b\n", encoding="utf-8")
    _, evaluation = collect_evaluations(run, read_test_labels(run, answers))
    assert evaluation.name == "test" and evaluation.y_true.tolist() == ["b", "a"]
    assert len(set(evaluation.groups)) == 2


@pytest.mark.parametrize(
    ("text", "message"), [("id,g\n7,a\n", "lacks 1 of"), ("id,g\n7,a\n08,c\n", "unknown class 'c'")]
)
def test_unsuitable_test_labels_raise(run, tmp_path, text, message):
    (tmp_path / "answers.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_test_labels(run, tmp_path / "answers.csv")


def test_song_shared_protocol_is_marked_optimistic(run, make_run):
    shared = run.path / "song_shared"
    shared.mkdir()
    for name in ("config.yaml", "metrics.json", "folds.parquet", "ledger"):
        (shared / name).symlink_to(run.path / name)
    run.write_metrics({**run.metrics, "song_shared": {}})
    assert [one.name for one in collect_evaluations(Run(run.path))] == [
        "out of fold",
        "song-shared (optimistic)",
    ]
