"""``pseudo-label``: models trained on the test clips too, in approved rounds."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.base import clone

from stemstack.runs import Run
from stemstack.runs.derived import pseudo_label as pseudo_label_module
from stemstack.stacking.pseudo_labels import PseudoLabels, Round

MODELS = ["--models", "heuristic,lr", "--jobs", 1, "--quiet"]
CHOSEN = [0, 3]


@pytest.fixture
def pseudo_label(finished_run, stem_data, run_program):
    """Return a function that calls the command on the finished run."""
    return lambda *arguments: run_program(
        "pseudo-label", finished_run, "--data", stem_data, *arguments
    )


@pytest.fixture
def selected_clips(monkeypatch):
    """Select two test clips for the first fold, none for the second.

    Returns a list, to which the heuristic's expected predictions of the first fold are added.
    """
    expected = []

    def choose(models, clips, y, folds, test, **settings):
        labels = np.array(sorted(set(y)), dtype=object)
        chosen, none = (np.array(CHOSEN), labels[1:]), (np.array([], dtype=int), labels[:0])
        train = [clip for clip, fold in zip(clips, folds, strict=True) if fold != 0]
        held_out = [clip for clip, fold in zip(clips, folds, strict=True) if fold == 0]
        train += [test[row] for row in CHOSEN]
        fitted = clone(models[0][1]).fit(train, [*y[folds != 0], *labels[1:]])
        expected.append(fitted.predict_proba(held_out))
        by_class = dict(zip(labels, [0, 0.5, 0.5], strict=True))
        accepted = Round(1.0, 0.5, 0.6, 0.05, 0.15, True, by_class)
        return PseudoLabels(*chosen, (accepted,), (chosen, none))

    monkeypatch.setattr(pseudo_label_module, "pseudo_label", choose)
    return expected


@pytest.mark.slow
def test_fold_models_train_on_their_pseudo_labels(
    finished_run, stem_data, selected_clips, tmp_path, pseudo_label
):
    code, printed, err = pseudo_label("--out", tmp_path / "RUN2", "--json", *MODELS)
    assert code == 0, err
    summary, old, new = json.loads(printed), Run.open(finished_run), Run.open(tmp_path / "RUN2")
    assert new.metrics["pseudo_labels"] == summary
    assert summary["models"] == new.model_names == ["heuristic", "lr"]
    assert summary["rounds"][0]["verdict"] == "kept"
    assert summary["taken"] == dict.fromkeys(old.metrics["classes"][1:], 1)
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
    proba = after.filter(like="heuristic__")[~unchanged]
    np.testing.assert_allclose(proba, selected_clips[0], rtol=1e-6, atol=1e-9)
    changed = [run.filter(like="lr__")[~unchanged] for run in (before, after)]
    assert np.abs(changed[0] - changed[1]).to_numpy().max() > 1e-3
    check_submitted(new, pd.read_csv(stem_data / "test.csv", dtype=str), stem_data)


def check_submitted(run, test, root):
    """Saved models predict the ledger's test predictions; the submission is the stack's."""
    paths = [str(root / name) for name in test["filename"]]
    proba = [run.load_model("heuristic", fold).predict_proba(paths) for fold in (0, 1)]
    table, classes = run.read_table("ledger/test"), run.metrics["classes"]
    # rtol: the same models, through the disk.
    stored = table.filter(like="heuristic__").to_numpy()
    np.testing.assert_allclose(np.mean(proba, axis=0), stored, rtol=1e-9)
    submitted = pd.read_csv(run.path / "submission.csv", dtype=str)
    stacked = table.filter(like="stack__").to_numpy().argmax(axis=1)
    assert submitted["genre"].tolist() == [classes[k] for k in stacked]
    assert submitted["id"].tolist() == table["id"].tolist() == test["id"].tolist()


@pytest.mark.slow
def test_csv_output_and_table_of_rounds(finished_run, tmp_path, pseudo_label):
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


def test_invalid_options_fail_with_one_line(finished_run, stem_data, tmp_path, run_program):
    def refuse(*arguments, run=finished_run):
        options = ["--data", stem_data, "--out", *arguments]
        code, printed, err = run_program("pseudo-label", run, *options)
        assert not printed and len(err.splitlines()) == 1
        return code, err

    out = tmp_path / "RUN2"
    code, err = refuse(out, "--models", "lr,effnet")
    assert code == 2 and "has no model 'effnet'; its models are heuristic, lr, lgbm" in err
    code, err = refuse(out, "--models", "heuristic")
    assert code == 2 and "two or more are needed. Got heuristic;" in err
    code, err = refuse(finished_run)
    assert code == 2 and "holds a run already" in err
    run = shutil.copytree(finished_run, tmp_path / "RUN")
    (run / "ledger/test.parquet").unlink()
    code, err = refuse(out, run=run)
    assert code == 1 and "the run predicted no test clips" in err
    code, _, err = run_program("pseudo-label", finished_run, "--out", out)
    assert code == 2 and f"The one that the run names, {stem_data}, is not opened" in err
    assert not out.exists()
