"""Scores as plain text."""

import numpy as np
import pytest

from stemstack.reports import scores_table
from stemstack.reports.evaluation import Evaluation
from stemstack.reports.summary import best_model, headline, key_figures


def test_the_score_table_lines_up():
    scores = {"lr": {"macro_f1": 0.5}, "stack": {"macro_f1": 0.75}}
    answers = {"lr": {"macro_f1": 0.25}, "stack": {"macro_f1": 1}}
    lines = scores_table({"out of fold": scores, "answers": answers})
    assert [line.split() for line in lines.splitlines()[1:]] == [
        ["lr", "0.500", "0.250"],
        ["stack", "0.750", "1.000"],
    ]


EYE = np.eye(2)


@pytest.fixture
def sides():
    truth, wrong = np.array([0, 1, 0, 1]), np.array([0, 1, 0, 0])
    labels = np.array(["a", "b"], dtype=object)[truth]

    def side(name, **guesses):
        said = {model: EYE[guess] for model, guess in guesses.items()}
        return Evaluation(name, ["a", "b"], labels, np.arange(4), said)

    return [
        side("out of fold", lr=truth, stack=truth),
        side("answers", lr=truth, stack=wrong),
        side("song-shared (optimistic)", lr=truth, stack=truth),
    ]


def test_of_equals_the_stack_is_best(sides):
    assert best_model(sides[0]) == ("stack", 1.0)
    assert best_model(sides[1]) == ("lr", 1.0)


def test_the_lead_says_what_was_reached_on_what(sides, make_run):
    run = make_run("DATA", range(4), sides[0].truth, sides[0].said)
    text = headline(run, sides)
    assert text.startswith("Best is stack: macro F1 1.000 out of fold (95 % interval 1.000 to")
    assert "4 clips of DATA, 2 classes in 2 folds that share no song" in text
    # Macro F1 of two hits of a, one of b, one b taken for a: the mean of 4/5 and 2/3.
    assert text.endswith("Against 4 answers it has 0.733.")


def test_facts_leave_the_optimistic_side_out(sides, make_run):
    run = make_run("DATA", range(4), sides[0].truth, sides[0].said)
    assert key_figures(run, sides) == {
        "macro F1 out of fold, stack": "1.000",
        "macro F1, answers": "0.733",
        "models stacked": "1",
        "training clips": "4",
    }
