"""The report of a run, put together from all its parts."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from stemstack.reports import write_report

CLASSES = ["<d> & co", "$a$b$", "métal"]


@pytest.fixture
def run(make_run):
    """30 clips of three classes with odd names, two models and a stack; the data set is gone."""
    rng = np.random.default_rng(0)
    labels = np.array(sorted(CLASSES))[np.arange(30) % 3]
    said = {name: rng.dirichlet(np.ones(3), 30) for name in ("lr", "lgbm", "stack")}
    tests = {name: values[:6] for name, values in said.items()}
    run = make_run("GONE", range(30), labels, said, test_ids=list("123456"), test_said=tests)
    run.write_table("folds", pd.DataFrame({"group": np.arange(30) // 2}))
    features = np.hstack([said["lr"], said["lgbm"]])
    run.save_model(LogisticRegression().fit(features, labels), "stack")
    return run


def test_it_is_one_file_of_all_that_the_tables_tell(run, tmp_path):
    (tmp_path / "answers.csv").write_text(
        "id,genre\n" + "".join(f"{i},métal\n" for i in range(1, 7)), encoding="utf-8"
    )
    path = write_report(run, answers=tmp_path / "answers.csv")
    text = path.read_text(encoding="utf-8")
    assert path == run.path / "report.html" and "<d>" not in text
    anchors = [part.split('"')[0] for part in text.split('<section id="')[1:]]
    assert anchors == [
        "scores", "classes", "confusion", "agreement", "weights", "calibration", "data", "repeat",
    ]  # fmt: skip
    assert "Against 6 answers" in text and "stemstack report RUN" in text
    assert len(text.encode()) < 5e6


def test_it_is_the_same_twice_and_goes_where_it_is_asked_to(run, tmp_path):
    first = write_report(run, out=tmp_path / "one.html").read_bytes()
    assert write_report(run, out=tmp_path / "two.html").read_bytes() == first
    assert not (run.path / "report.html").exists()
