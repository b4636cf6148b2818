"""Scores equal to scikit-learn's, and a report that asks for nothing outside itself."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score

from stemstack.reports import render_model_card, render_report, score_classes, scores_table

CLASSES = ["a", "b & c", "<d>"]


@pytest.fixture
def truth_and_guess():
    rng = np.random.default_rng(0)
    truth = rng.choice(CLASSES, 60)
    return truth, np.where(rng.random(60) < 0.6, truth, rng.choice(CLASSES, 60))


def test_scores_are_scikit_learns(truth_and_guess):
    truth, guess = truth_and_guess
    score = score_classes(truth, guess, CLASSES)
    # rtol: means taken in another order.
    np.testing.assert_allclose(
        score["macro_f1"], f1_score(truth, guess, average="macro"), rtol=1e-12
    )
    assert score["confusion"] == confusion_matrix(truth, guess, labels=CLASSES).tolist()
    assert score["accuracy"] == np.mean(truth == guess)
    assert score["n"] == 60


def test_a_class_never_guessed_counts_as_zero():
    score = score_classes(["a", "a", "b & c"], ["a", "a", "a"], CLASSES)
    assert score["per_class_f1"] == {"a": 0.8, "b & c": 0.0, "<d>": 0.0}


class Page(HTMLParser):
    """What a page holds: its tags with attributes, and the text of its cells."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self._in_cell = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in_cell = tag in ("td", "th")

    def handle_data(self, data):
        if self._in_cell:
            self.cells.append(data.strip())

    def handle_endtag(self, tag):
        self._in_cell = False


def render(truth_and_guess, answers):
    truth, guess = truth_and_guess
    scores = {
        "lr": score_classes(truth, guess, CLASSES),
        "stack": score_classes(truth, truth, CLASSES),
    }
    balance = pd.DataFrame([[1, 2], [3, 4], [5, 6]], index=CLASSES)
    return scores, render_report(
        title="RUN & co",
        classes=CLASSES,
        sides={"out of fold": scores, **({"answers": scores} if answers else {})},
        balance=balance,
        left_out=["song.wav: is empty"],
        config="folds: 5\n",
    )


@pytest.mark.parametrize("answers", [False, True])
def test_the_report_holds_every_score_and_matrix(truth_and_guess, answers):
    scores, text = render(truth_and_guess, answers)
    page = Page(text)
    sides = 2 if answers else 1
    assert page.cells.count(f"{scores['lr']['macro_f1']:.3f}") == sides
    # A table of scores and one of folds; by side, one of F1 and a matrix a model.
    assert sum(tag == "table" for tag, _ in page.tags) == 2 + 3 * sides
    for row in scores["lr"]["confusion"]:
        assert all(str(count) in page.cells for count in row)
    assert "song.wav: is empty" in text and "folds: 5" in text


def test_the_report_stands_alone_and_escapes_names(truth_and_guess):
    _, text = render(truth_and_guess, True)
    page = Page(text)
    assert not re.search(r"https?://|src=|@import|url\(", text)
    assert "<d>" in page.cells and "b & c" in page.cells
    assert "d" not in {tag for tag, _ in page.tags}
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")


def test_the_score_table_lines_up():
    scores = {"lr": {"macro_f1": 0.5}, "stack": {"macro_f1": 0.75}}
    answers = {"lr": {"macro_f1": 0.25}, "stack": {"macro_f1": 1}}
    lines = scores_table({"out of fold": scores, "answers": answers})
    assert [line.split() for line in lines.splitlines()[1:]] == [
        ["lr", "0.500", "0.250"],
        ["stack", "0.750", "1.000"],
    ]


def test_the_model_card_says_what_it_must():
    card = render_model_card(
        data="20 clips", config="seed: 0", scores="lr 0.5", final_estimator=LogisticRegression()
    )
    for words in ("# Data\n\n20 clips", "lr 0.5", "seed: 0", "LogisticRegression()", "# Limits"):
        assert words in card
