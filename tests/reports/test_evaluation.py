"""What models say, as guesses and scores."""

import numpy as np
import pandas as pd
import pytest

from stemstack.exceptions import DataError
from stemstack.reports.evaluation import collect_evaluations
from stemstack.runs import Run
from stemstack.runs.prediction.evaluate import read_test_labels
from stemstack.stacking import score_classes


def test_guesses_are_the_most_probable_classes_and_scores_are_of_them(side):
    right = {model: int(np.sum(guess == side.truth)) for model, guess in side.guesses.items()}
    assert right == {"lr": 36, "lgbm": 45, "stack": 48}
    assert side.scores["lr"] == score_classes(side.truth, side.guesses["lr"], side.classes)


def test_the_stack_is_the_last(side):
    assert side.stack == "stack"
    assert side.models == ["lr", "lgbm"]


LABELS = ["a", "b", "a", "b"]
LR, STACK = np.array([[0.9, 0.1]] * 4), np.array([[0.6, 0.4], [0.4, 0.6]] * 2)


@pytest.fixture
def run(make_run):
    """Four clips of two groups, and two test clips."""
    said = {"lr": LR, "stack": STACK}
    tests = {name: values[:2] for name, values in said.items()}
    run = make_run("DATA", list("wxyz"), LABELS, said, test_ids=["7", "08"], test_said=tests)
    run.write_table("folds", pd.DataFrame({"group": ["g", "h", "g", "h"]}))
    return run


def test_out_of_fold_comes_alone_without_answers(run):
    (side,) = collect_evaluations(run)
    assert side.name == "out of fold" and list(side.said) == ["lr", "stack"]
    assert side.truth.tolist() == LABELS and side.groups.tolist() == ["g", "h", "g", "h"]
    assert side.guesses["lr"].tolist() == ["a"] * 4
    assert side.scores["stack"]["macro_f1"] == 1


def test_answers_are_matched_by_id(run, tmp_path):
    answers = tmp_path / "answers.csv"
    answers.write_text("id,genre\n08,a\n7,b\n9,b\n", encoding="utf-8")
    _, side = collect_evaluations(run, read_test_labels(run, answers))
    assert side.name == "answers" and side.truth.tolist() == ["b", "a"]
    assert len(set(side.groups)) == 2


@pytest.mark.parametrize(
    ("text", "message"), [("id,g\n7,a\n", "lacks 1 of"), ("id,g\n7,a\n08,c\n", "holds class 'c'")]
)
def test_answers_that_do_not_fit_are_refused(run, tmp_path, text, message):
    (tmp_path / "answers.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_test_labels(run, tmp_path / "answers.csv")


def test_a_protocol_that_shares_songs_is_marked(run, make_run):
    shared = run.path / "song_shared"
    shared.mkdir()
    for name in ("config.yaml", "metrics.json", "folds.parquet", "ledger"):
        (shared / name).symlink_to(run.path / name)
    run.write_metrics({**run.metrics, "song_shared": {}})
    assert [side.name for side in collect_evaluations(Run(run.path))] == [
        "out of fold",
        "song-shared (optimistic)",
    ]
