"""``pseudo-label``: models that learn from the test, and say round by round whether it helped."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.base import clone

from stemstack.runs import Run
from stemstack.runs.derived import pseudo_label as pseudo_labelling
from stemstack.stacking.pseudo_labels import PseudoLabels, Round

MODELS = ["--models", "heuristic,lr", "--jobs", 1, "--quiet"]
CHOSEN = [0, 3]


@pytest.fixture
def pseudo_label(finished_run, run_program):
    """Call the command on the finished run; gives (exit code, stdout, stderr)."""
    return lambda *arguments: run_program("pseudo-label", finished_run, *arguments)


@pytest.fixture
def some_are_chosen(monkeypatch):
    """The models of the first fold choose two clips of the test, those of the second none.

    Gives what the heuristic then says of the first fold, once the command has run.
    """
    expected = []

    def choose(models, clips, y, folds, test, **settings):
        labels = np.array(sorted(set(y)), dtype=object)
        chosen, none = (np.array(CHOSEN), labels[1:]), (np.array([], dtype=int), labels[:0])
        known, more = clips[folds != 0], test[CHOSEN]
        fitted = clone(models[0][1]).fit([*known, *more], [*y[folds != 0], *labels[1:]])
        expected.append(fitted.predict_proba(clips[folds == 0]))
        kept = Round(1.0, 0.5, 0.6, 0.05, 0.15, True, dict(zip(labels, [0, 0.5, 0.5], strict=True)))
        return PseudoLabels(*chosen, (kept,), (chosen, none))

    monkeypatch.setattr(pseudo_labelling, "pseudo_label", choose)
    return expected


def test_a_run_whose_fold_models_learnt_what_their_fold_chose(
    finished_run, stem_data, some_are_chosen, tmp_path, pseudo_label
):
    code, printed, err = pseudo_label("--out", tmp_path / "RUN2", "--json", *MODELS)
    assert code == 0, err
    told, old, new = json.loads(printed), Run.open(finished_run), Run.open(tmp_path / "RUN2")
    assert new.metrics["pseudo_labels"] == told
    assert told["models"] == new.model_names == ["heuristic", "lr"]
    assert told["rounds"][0]["verdict"] == "kept"
    assert told["taken"] == dict.fromkeys(old.metrics["classes"][1:], 1)
    origin = yaml.safe_load(new.config_path.read_text(encoding="utf-8"))["resolved"]["pseudo-label"]
    assert list(origin["run"]) == [str(finished_run)] and origin["confidence"] == 0.6
    assert {"recipes.parquet", "folds.parquet", "model_card.md"} <= {
        path.name for path in new.path.iterdir()
    }
    before, after = (run.read_table("ledger/oof") for run in (old, new))
    unchanged = before["fold"] == 1
    columns = [column for column in after if not column.startswith("stack__")]
    # rtol, atol: the same fits, whose threads may sum in another order.
    pd.testing.assert_frame_equal(
        before.loc[unchanged, columns], after.loc[unchanged, columns], rtol=1e-6, atol=1e-9
    )
    said = after.filter(like="heuristic__")[~unchanged]
    np.testing.assert_allclose(said, some_are_chosen[0], rtol=1e-6, atol=1e-9)
    told_anew = [run.filter(like="lr__")[~unchanged] for run in (before, after)]
    assert np.abs(told_anew[0] - told_anew[1]).to_numpy().max() > 1e-3
    check_submitted(new, pd.read_csv(stem_data / "test.csv", dtype=str), stem_data)


def check_submitted(run, test, root):
    """The models on disk say what the ledger holds, and the submission what the stack says."""
    paths = [str(root / name) for name in test["filename"]]
    said = [run.load_model("heuristic", fold).predict_proba(paths) for fold in (0, 1)]
    table, classes = run.read_table("ledger/test"), run.metrics["classes"]
    # rtol: the same models, through the disk.
    kept = table.filter(like="heuristic__").to_numpy()
    np.testing.assert_allclose(np.mean(said, axis=0), kept, rtol=1e-9)
    submitted = pd.read_csv(run.path / "submission.csv", dtype=str)
    stacked = table.filter(like="stack__").to_numpy().argmax(axis=1)
    assert submitted["genre"].tolist() == [classes[k] for k in stacked]
    assert submitted["id"].tolist() == table["id"].tolist() == test["id"].tolist()


def test_answers_alone_and_a_table_of_rounds(finished_run, tmp_path, pseudo_label):
    out = tmp_path / "answers.csv"
    code, printed, err = pseudo_label("--out", out, "--confidence", 1, *MODELS)
    assert code == 0, err
    answers, submission = (
        pd.read_csv(path, dtype=str) for path in (out, finished_run / "submission.csv")
    )
    assert list(answers) == list(submission)
    assert answers["id"].tolist() == submission["id"].tolist()
    names = ["verdict", "macro F1 before", "gain", "50 % interval", "jazz & soul", "métal"]
    assert all(name in printed for name in names)
    assert printed.splitlines()[-1] == (
        "round 1 was refused: no clip is predicted confidently enough; "
        "no test clip was used for training"
    )


def test_what_cannot_be_done_is_refused_in_a_line(finished_run, tmp_path, run_program):
    def refuse(*arguments, run=finished_run):
        code, printed, err = run_program("pseudo-label", run, "--out", *arguments)
        assert not printed and len(err.splitlines()) == 1
        return code, err

    out = tmp_path / "RUN2"
    code, err = refuse(out, "--models", "lr,effnet")
    assert code == 2 and "has no model 'effnet'; its models are heuristic, lr, lgbm" in err
    code, err = refuse(out, "--models", "heuristic")
    assert code == 2 and "two or more are needed. Got heuristic;" in err
    code, err = refuse(finished_run)
    assert code == 2 and "is not empty" in err
    run = shutil.copytree(finished_run, tmp_path / "RUN")
    (run / "ledger/test.parquet").unlink()
    code, err = refuse(out, run=run)
    assert code == 1 and "the run predicted no test clips" in err
    assert not out.exists()
