"""Evaluations: predicted labels and scores from the tables of a run."""

import shutil

import numpy as np
import pandas as pd
import pytest

from stemstack.exceptions import DataError
from stemstack.reports.evaluation import (
    Evaluation,
    best_model,
    collect_evaluations,
    headline,
    key_figures,
    scores_table,
)
from stemstack.runs import Run, expect_run
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


def test_song_shared_protocol_is_marked_optimistic(run, make_run, tmp_path):
    shared = run.path / "song_shared"
    shutil.copytree(run.path, tmp_path / "copy")
    (tmp_path / "copy").rename(shared)
    run.write_metrics({**run.metrics, "song_shared": run.metrics["out_of_fold"]})
    assert [one.name for one in collect_evaluations(Run(run.path))] == [
        "out of fold",
        "song-shared (optimistic)",
    ]


EYE = np.eye(2)


@pytest.fixture
def evaluations():
    y_true, wrong = np.array([0, 1, 0, 1]), np.array([0, 1, 0, 0])
    labels = np.array(["a", "b"], dtype=object)[y_true]

    def evaluation(name, **predicted):
        proba = {model: EYE[codes] for model, codes in predicted.items()}
        return Evaluation(name, ["a", "b"], labels, np.arange(4), proba)

    return [
        evaluation("out of fold", lr=y_true, stack=y_true),
        evaluation("test", lr=y_true, stack=wrong),
        evaluation("song-shared (optimistic)", lr=y_true, stack=y_true),
    ]


@pytest.fixture
def scored_run(evaluations, make_run):
    return make_run("DATA", range(4), evaluations[0].y_true, evaluations[0].proba)


def test_best_model_prefers_stack_on_tie(evaluations):
    assert best_model(evaluations[0]) == ("stack", 1.0)
    assert best_model(evaluations[1]) == ("lr", 1.0)


def test_headline_names_score_and_data(evaluations, scored_run):
    text = headline(scored_run, evaluations)
    assert text.startswith("Best is stack: macro F1 1.000 out of fold (95 % interval 1.000 to")
    assert "4 clips of DATA, 2 classes in 2 folds that share no song" in text
    # Macro F1 of two hits of a, one of b, one b predicted as a: the mean of 4/5 and 2/3.
    assert text.endswith("On 4 labelled test clips it reaches 0.733.")


def test_headline_has_the_score_to_expect(make_run):
    y = np.arange(60) % 2
    labels = np.array(["a", "b"], dtype=object)[y]
    seen = np.where(np.arange(60) % 7 > 0, y, 1 - y)
    proba = {name: 0.6 * np.eye(2)[seen] + 0.2 for name in ("lr", "stack")}
    run = make_run("DATA", range(60), labels, proba, test_ids=range(60), test_proba=proba)
    evaluation = Evaluation("out of fold", ["a", "b"], labels, np.arange(60), proba)
    expected = expect_run(run)[0]["stack"].macro_f1
    text = headline(run, [evaluation])
    assert f"On the unlabelled test clips {expected:.2f} is expected (90 % interval 0." in text


def test_key_figures_leave_out_optimistic_scores(evaluations, scored_run):
    assert key_figures(scored_run, evaluations) == {
        "macro F1 out of fold, stack": "1.000",
        "macro F1, test": "0.733",
        "base models": "1",
        "training clips": "4",
    }


def test_score_table_has_a_line_per_model(scored_run):
    scores = {"lr": {"macro_f1": 0.5}, "stack": {"macro_f1": 0.75}}
    scored_run.write_metrics({**scored_run.metrics, "out_of_fold": scores, "song_shared": scores})
    test_scores = {"lr": {"macro_f1": 0.25}, "stack": {"macro_f1": 1}}
    header, *lines = scores_table(scored_run, test_scores).splitlines()
    assert header.split("  ")[1:] == ["out of fold", "song-shared (optimistic)", "answers"]
    assert [line.split() for line in lines] == [
        ["lr", "0.500", "0.500", "0.250"],
        ["stack", "0.750", "0.750", "1.000"],
    ]
