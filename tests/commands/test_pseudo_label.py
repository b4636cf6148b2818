"""``pseudo-label``: models that learn from the test, and say round by round whether it helped."""

import json

import pandas as pd


def test_it_answers_every_clip_and_tells_its_rounds(finished_run, tmp_path, run_program):
    out = tmp_path / "answers.csv"
    code, printed, err = run_program(
        *("pseudo-label", finished_run, "--out", out, "--models", "lr", "--rounds", 1, "--json"),
        *("--jobs", 1, "--quiet"),
    )
    assert code == 0, err
    told, answers = json.loads(printed), pd.read_csv(out, dtype=str)
    submission = pd.read_csv(finished_run / "submission.csv", dtype=str)
    assert list(answers) == list(submission)
    assert answers.iloc[:, 0].tolist() == submission.iloc[:, 0].tolist()
    (first,) = told["rounds"]
    assert told["models"] == ["lr"]
    # What was learnt from is what the kept rounds took.
    assert bool(told["taken"]) == first["kept"]
    assert 0 <= first["before"] <= 1 and 0 <= first["after"] <= 1


def test_a_model_without_features_is_refused(finished_run, tmp_path, run_program):
    out = tmp_path / "answers.csv"
    code, _, err = run_program("pseudo-label", finished_run, "--out", out, "--models", "effnet")
    assert code == 2
    assert "'effnet' is no model of the run over handcrafted features" in err
    assert not out.exists()
