"""Scores on the test clips, and how the CSV of their labels is read."""

import numpy as np
import pandas as pd
import pytest

from stemstack.exceptions import DataError
from stemstack.runs import evaluate_run

PROBA = {"lr": np.array([[0.9, 0.1], [0.2, 0.8]]), "stack": np.array([[0.9, 0.1], [0.8, 0.2]])}


@pytest.fixture
def run(make_run):
    run = make_run("DATA", ["x", "y"], ["a", "b"], PROBA, test_ids=["1", "02"], test_proba=PROBA)
    run.write_submission(pd.DataFrame({"id": ["1", "02"], "genre": ["a", "b"]}))
    return run


@pytest.mark.parametrize(
    "text",
    ["id,genre\n1,a\n02,b\n", "genre,id\na,1\nb,02\n", "id,filename,genre\n1,f,a\n02,f,b\n",
     "clip,class\n02,b\n1,a\n"],
)  # fmt: skip
def test_label_columns_are_found(run, tmp_path, text):
    (tmp_path / "answers.csv").write_text(text)
    scores = evaluate_run(run, tmp_path / "answers.csv")
    assert scores["lr"]["macro_f1"] == 1
    assert scores["stack"]["macro_f1"] == pytest.approx(1 / 3)


def test_ambiguous_label_columns_raise(run, tmp_path):
    (tmp_path / "answers.csv").write_text("id,filename,class\n1,f,a\n02,f,b\n")
    with pytest.raises(DataError, match=r"columns id and genre, or two\. Got id, filename"):
        evaluate_run(run, tmp_path / "answers.csv")


def test_unknown_class_raises(run, tmp_path):
    (tmp_path / "answers.csv").write_text("id,genre\n1,a\n02,c\n")
    with pytest.raises(DataError, match="unknown class 'c'; the run's are a, b"):
        evaluate_run(run, tmp_path / "answers.csv")


@pytest.mark.parametrize(
    "text",
    [
        "id,genre,\n1,a,\n02,b,\n",
        "ID;Genre\n1;a\n02; b\n02;b\n",
        "\ufeffid\tgenre\n1\ta\n 02\tb\n",
    ],
)
def test_answers_of_spreadsheets_are_read(run, tmp_path, text):
    (tmp_path / "answers.csv").write_text(text, encoding="utf-8")
    assert evaluate_run(run, tmp_path / "answers.csv")["lr"]["macro_f1"] == 1


def test_id_with_two_labels_is_refused(run, tmp_path):
    (tmp_path / "answers.csv").write_text("id,genre\n1,a\n02,b\n1,b\n")
    with pytest.raises(DataError, match="id 1 has label 'a' in line 2 and 'b' in line 4; keep"):
        evaluate_run(run, tmp_path / "answers.csv")


def test_classes_are_compared_in_normal_form(make_run, tmp_path):
    classes = ["me\u0301tal", "rock"]
    run = make_run("DATA", ["x", "y"], classes, PROBA, test_ids=["1", "02"], test_proba=PROBA)
    text = "id,label\n1,m\u00e9tal\n02,rock\n"
    (tmp_path / "answers.csv").write_text(text, encoding="utf-8")
    assert evaluate_run(run, tmp_path / "answers.csv")["lr"]["macro_f1"] == 1
