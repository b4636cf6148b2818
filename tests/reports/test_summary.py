"""Headline, key figures and score table of a run."""

import numpy as np
import pytest

from stemstack.reports.evaluation import Evaluation
from stemstack.reports.summary import best_model, headline, key_figures, scores_table

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
def run(evaluations, make_run):
    return make_run("DATA", range(4), evaluations[0].y_true, evaluations[0].proba)


def test_best_model_prefers_stack_on_tie(evaluations):
    assert best_model(evaluations[0]) == ("stack", 1.0)
    assert best_model(evaluations[1]) == ("lr", 1.0)


def test_headline_names_score_and_data(evaluations, run):
    text = headline(run, evaluations)
    assert text.startswith("Best is stack: macro F1 1.000 out of fold (95 % interval 1.000 to")
    assert "4 clips of DATA, 2 classes in 2 folds that share no song" in text
    # Macro F1 of two hits of a, one of b, one b predicted as a: the mean of 4/5 and 2/3.
    assert text.endswith("On 4 labelled test clips it reaches 0.733.")


def test_key_figures_leave_out_optimistic_scores(evaluations, run):
    assert key_figures(run, evaluations) == {
        "macro F1 out of fold, stack": "1.000",
        "macro F1, test": "0.733",
        "base models": "1",
        "training clips": "4",
    }


def test_score_table_has_a_line_per_model(run):
    scores = {"lr": {"macro_f1": 0.5}, "stack": {"macro_f1": 0.75}}
    run.write_metrics({**run.metrics, "out_of_fold": scores, "song_shared": scores})
    test_scores = {"lr": {"macro_f1": 0.25}, "stack": {"macro_f1": 1}}
    header, *lines = scores_table(run, test_scores).splitlines()
    assert header.split("  ")[1:] == ["out of fold", "song-shared (optimistic)", "answers"]
    assert [line.split() for line in lines] == [
        ["lr", "0.500", "0.500", "0.250"],
        ["stack", "0.750", "0.750", "1.000"],
    ]
