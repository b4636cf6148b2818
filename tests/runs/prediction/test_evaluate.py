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
