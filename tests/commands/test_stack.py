"""stack: another meta-model over finished runs; ledger merge: ledgers of several runs."""

import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from stemstack.exceptions import DataError
from stemstack.runs import Run, summarise_run
from stemstack.stacking import BLENDS


@pytest.fixture(scope="module")
def parts(finished_run, tmp_path_factory):
    """The finished run as two: one of lr, one of heuristic and lgbm."""
    root = tmp_path_factory.mktemp("parts")
    return [
        cut(finished_run, root / "A", ["lr"]),
        cut(finished_run, root / "B", ["heuristic", "lgbm"]),
    ]


def cut(run, out, models):
    """Copy a run without some of its models."""
    shutil.copytree(run, out)
    config = (out / "config.yaml").read_text(encoding="utf-8")
    for name in {"heuristic", "lr", "lgbm"} - set(models):
        shutil.rmtree(out / "ledger" / name)
        shutil.rmtree(out / "models" / name)
        config = config.replace(f"  - {name}\n", "")
        for table in ("oof", "test", "test_folds"):
            path = out / f"ledger/{table}.parquet"
            frame = pd.read_parquet(path)
            frame.drop(columns=[c for c in frame if c.startswith(f"{name}__")]).to_parquet(path)
    (out / "config.yaml").write_text(config, encoding="utf-8")
    return out


def test_stack_of_parts_equals_whole(parts, finished_run, tmp_path, run_program):
    shuffled = [parts[1], parts[0]]
    code, out, err = run_program("stack", *shuffled, "--out", tmp_path / "RUN", "--quiet")
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()[2:]] == list(BLENDS)
    whole, again = (
        pd.read_parquet(r / "ledger/oof.parquet") for r in (finished_run, tmp_path / "RUN")
    )
    # atol: the models are in another order, so the solver converges to another last digit.
    pd.testing.assert_frame_equal(whole, again[whole.columns], rtol=0, atol=1e-3)
    (score,) = {
        json.loads((run / "metrics.json").read_text())["out_of_fold"]["lgbm"]["macro_f1"]
        for run in (finished_run, tmp_path / "RUN")
    }
    assert score > 0.3
    # Of the models of each fold, whose mean is the test prediction.
    folds, again = (Run(run).read_test_folds() for run in (finished_run, tmp_path / "RUN"))
    test = Run(finished_run).read_table("ledger/test")
    own = [column for column in test if column.startswith("lr__")]
    np.testing.assert_allclose((folds[0][own] + folds[1][own]) / 2, test[own], rtol=1e-9)
    assert len(folds) == len(again) == 2 and folds[1][own].equals(again[1][own])


def test_dropped_models_are_not_stacked(finished_run, tmp_path, run_program):
    out, command = tmp_path / "RUN", ["stack", finished_run, "--quiet", "--json"]
    blends = ["--blend", "nnls,mean", "--leave-one-out"]
    code, text, err = run_program(*command, *blends, "--drop", "heuristic", "--out", out)
    assert code == 0, err
    tables, oof = json.loads(text), pd.read_parquet(out / "ledger/oof.parquet")
    assert list(tables["blends"]) == ["nnls", "mean"]
    assert Run.open(out).model_names == ["lr", "lgbm"] and not (out / "models/heuristic").exists()
    y, nnls = oof["label"], oof.filter(regex="^stack__").to_numpy()
    expected = f1_score(y, labels(nnls, y), average="macro")
    # rtol: the same predictions, scored by another implementation.
    np.testing.assert_allclose(tables["blends"]["nnls"]["macro_f1"], expected, rtol=1e-9)
    # Without lgbm, the weighted mean predicts as lr alone does.
    alone = f1_score(y, labels(oof.filter(regex="^lr__").to_numpy(), y), average="macro")
    without = tables["leave_one_out"]["lgbm"]
    np.testing.assert_allclose(without["without"], alone, rtol=1e-9)
    np.testing.assert_allclose(without["difference"], expected - alone, rtol=0, atol=1e-12)
    assert without["low"] <= without["difference"] <= without["high"]
    code, text, _ = run_program(*command, "--only", "lr,lgbm", *blends)
    assert code == 0 and json.loads(text) == tables
    code, _, err = run_program(*command, "--drop", "tree")
    assert code == 2 and "no run has a model 'tree'; choose of heuristic, lr, lgbm" in err
    code, _, err = run_program(*command, "--only", "lr", "--drop", "lr")
    assert code == 2 and "leaves no base model" in err
    code, _, err = run_program(*command, "--only", "lr", "--leave-one-out")
    assert code == 2 and "there must be two or more" in err


def labels(proba, y):
    return np.array(sorted(set(y)))[proba.argmax(axis=1)]


@pytest.mark.slow
@pytest.mark.parametrize("blend", ["greedy", "rank"])
def test_stacked_run_predicts_without_its_source(
    blend, finished_run, stem_data, tmp_path, run_program
):
    source, run = tmp_path / "SOURCE", tmp_path / "RUN"
    shutil.copytree(finished_run, source)
    code, _, err = run_program("stack", source, "--blend", blend, "--out", run, "--quiet")
    assert code == 0, err
    shutil.rmtree(source)
    code, _, err = run_program("predict", run, "--data", stem_data, "--out", tmp_path / "p.csv")
    assert code == 0, err
    assert (tmp_path / "p.csv").read_bytes() == (run / "submission.csv").read_bytes()
    metrics = json.loads((run / "metrics.json").read_text())
    assert list(metrics["blends"]) == list(BLENDS)
    # Both are bootstraps over songs of the same predictions.
    summary, row = summarise_run(Run.open(run))["stack"], metrics["blends"][blend]
    assert (row["low"], row["high"]) == pytest.approx((summary["low"], summary["high"]))
    # rtol: the same predictions, scored by another implementation.
    np.testing.assert_allclose(
        metrics["blends"][blend]["macro_f1"], metrics["out_of_fold"]["stack"]["macro_f1"], rtol=1e-9
    )


def test_stacked_run_is_evaluated_and_reported(finished_run, stem_data, tmp_path, run_program):
    run, answers = tmp_path / "RUN", stem_data.parent / "answers.csv"
    assert run_program("stack", finished_run, "--blend", "nnls", "--out", run, "--quiet")[0] == 0
    code, out, _ = run_program("evaluate", run, "--answers", answers, "--json")
    submission = pd.read_csv(run / "submission.csv", dtype=str)
    y_true = pd.read_csv(answers, dtype=str)
    expected = f1_score(y_true["genre"], submission["genre"], average="macro")
    # rtol: the same counts.
    np.testing.assert_allclose(json.loads(out)["stack"]["macro_f1"], expected, rtol=1e-12)
    assert code == 0 and run_program("report", run, "--quick")[0] == 0


def test_different_runs_cannot_be_stacked(parts, finished_run, tmp_path, run_program):
    out = tmp_path / "RUN"
    other = tmp_path / "OTHER"
    shutil.copytree(finished_run, other)
    table = pd.read_parquet(other / "ledger/oof.parquet")
    flipped = table.assign(fold=1 - table["fold"])
    flipped.to_parquet(other / "ledger/oof.parquet")
    code, _, err = run_program("stack", parts[0], other, "--out", out)
    assert code == 2 and "differ in training clips, labels or folds" in err
    table.assign(**{"lr__blues": 0.5}).to_parquet(other / "ledger/oof.parquet")
    code, _, err = run_program("stack", parts[0], other, "--out", out)
    assert code == 2 and "each have a model 'lr', and they differ" in err
    folds = pd.read_parquet(other / "folds.parquet")
    folds.assign(fold=1 - folds["fold"]).to_parquet(other / "folds.parquet")
    code, _, err = run_program("stack", parts[0], other, "--out", out)
    assert code == 2 and "have different folds (folds.parquet)" in err
    (other / "metrics.json").unlink()
    code, _, err = run_program("stack", parts[0], other, "--out", out)
    assert code == 1 and "not finished" in err
    assert run_program("stack", parts[0], "--blend", "best", "--out", out)[0] == 2
    assert not out.exists()
    code, _, err = run_program("stack", parts[0], "--out", parts[1])
    assert code == 2 and "holds a run already" in err


@pytest.mark.slow
def test_merged_run_resumes_what_is_missing(
    parts, finished_run, stem_data, tmp_path, run_program, fit_small
):
    here, there, run = tmp_path / "HERE", tmp_path / "THERE", tmp_path / "RUN"
    for part, target in zip(parts, (here, there), strict=True):
        shutil.copytree(part, target)
        (target / "metrics.json").unlink()
    next(there.glob("ledger/lgbm/fold1-*")).unlink()
    code, out, err = run_program("ledger", "merge", here, there, "--out", run)
    assert code == 0, err
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines()[2:]}
    assert lines == {"heuristic": ["done"] * 2, "lgbm": ["done", "missing"], "lr": ["done"] * 2}
    stamps = {path: path.stat().st_mtime_ns for path in run.glob("ledger/*/*")}
    assert len(stamps) == 5
    models = "heuristic,lr,lgbm"
    assert fit_small(stem_data, run, "--resume", models=models)[0] == 0
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    for name in ("ledger/oof.parquet", "ledger/test.parquet", "submission.csv"):
        assert (run / name).read_bytes() == (finished_run / name).read_bytes()


def test_contradicting_ledgers_cannot_be_merged(finished_run, tmp_path, run_program):
    other, out = tmp_path / "OTHER", tmp_path / "RUN"
    shutil.copytree(finished_run, other)
    entry = next(other.glob("ledger/lr/fold0-*"))
    entry.write_bytes(b"cut short")
    code, _, err = run_program("ledger", "merge", finished_run, other, "--out", out)
    assert code == 1 and f"{entry}: is damaged" in err
    pd.read_parquet(next(finished_run.glob("ledger/lr/fold1-*"))).to_parquet(entry)
    code, _, err = run_program("ledger", "merge", finished_run, other, "--out", out)
    assert code == 2 and "hold different predictions of lr, fold 0" in err
    entry.rename(entry.with_name("fold0-0123456789abcdef.parquet"))
    code, _, err = run_program("ledger", "merge", finished_run, other, "--out", out)
    assert code == 2 and "lr of fold 0 was fitted on other data" in err
    assert not out.exists()


OWN_BLENDS = """
import numpy as np
from stemstack.stacking.blending import Blend


class FirstModel(Blend):
    def compute_weights(self, proba, y, sample_weight=None):
        return np.eye(len(proba))[0]


def make_nothing():
    return 3
"""


@pytest.fixture
def own_blends(tmp_path):
    path = tmp_path / "my_blends.py"
    path.write_text(OWN_BLENDS)
    return path


def test_own_blend_is_stacked_and_needs_trust(own_blends, finished_run, tmp_path, run_program):
    run, blend = tmp_path / "RUN", f"{own_blends}:FirstModel"
    code, out, err = run_program("stack", finished_run, "--blend", blend, "--out", run, "--json")
    assert code == 0, err
    assert list(json.loads(out)) == [*BLENDS, blend]
    # The weight of the first model is 1: the stack predicts as it does.
    oof = pd.read_parquet(run / "ledger/oof.parquet")
    first = oof.filter(regex="^heuristic__").to_numpy()
    np.testing.assert_array_equal(oof.filter(regex="^stack__").to_numpy(), first)
    digest = hashlib.sha256(own_blends.read_bytes()).hexdigest()
    assert Run(run).resolved["stack"]["code"] == {str(own_blends): digest}
    assert "FirstModel()" in (run / "report.html").read_text(encoding="utf-8")

    with pytest.raises(DataError, match=r"pass --trust my_blends\.py, unchanged since the fit"):
        Run.open(run).load_model("stack")
    trusting = Run.open(run, trust=[str(own_blends)])
    assert trusting.load_model("stack").weights_.tolist() == [1.0, 0.0, 0.0]
    own_blends.write_text(OWN_BLENDS + "# edited")
    with pytest.raises(DataError, match="has changed since the run was fitted"):
        trusting.load_model("stack")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("make_nothing", "must return an unfitted classifier"),
        ("make_lost", "has no function 'make_lost'; it defines FirstModel, make_nothing"),
    ],
)
def test_wrong_own_blend_is_bad_usage(
    name, message, own_blends, finished_run, tmp_path, run_program
):
    out = tmp_path / "RUN"
    blend = f"{own_blends}:{name}"
    code, _, err = run_program("stack", finished_run, "--blend", blend, "--out", out)
    assert code == 2 and message in err and not out.exists()


def test_fit_takes_a_blend_and_resumes_with_another(fit_small, stem_data, tmp_path, run_program):
    assert fit_small(stem_data, tmp_path / "RUN", "--blend", "vote", models="heuristic,lr")[0] == 0
    run = Run.open(tmp_path / "RUN")
    assert [name for name, _ in run.load_model("stack").estimators] == [
        "logistic",
        "greedy",
        "nnls",
    ]
    model = next((run.path / "models/lr").rglob("*.skops"))
    before, options = model.stat().st_mtime_ns, ("--blend", "mean", "--resume")
    assert fit_small(stem_data, run.path, *options, models="heuristic,lr")[0] == 0
    assert run.load_model("stack").weights_.tolist() == [0.5, 0.5]
    assert model.stat().st_mtime_ns == before


def test_configuration_names_the_blend(finished_run, tmp_path, run_program):
    code, _, err = run_program("stack", finished_run, "--blend", "nnls", "--out", tmp_path / "RUN2")
    assert code == 0, err
    assert Run.open(tmp_path / "RUN2").config.blend == "nnls"


def test_stack_keeps_the_blend_of_the_run(finished_run, own_blends, tmp_path, run_program):
    voted, again = tmp_path / "VOTED", tmp_path / "AGAIN"
    assert run_program("stack", finished_run, "--blend", "vote", "--out", voted)[0] == 0
    assert run_program("stack", voted, "--out", again)[0] == 0
    assert Run(voted).blend == Run(again).blend == "vote"
    # Code that a run names is not run.
    own = ["--blend", f"{own_blends}:FirstModel"]
    assert run_program("stack", finished_run, *own, "--out", tmp_path / "OWN")[0] == 0
    assert Run(tmp_path / "OWN").blend == own[1]
    assert run_program("stack", tmp_path / "OWN", "--out", tmp_path / "USUAL")[0] == 0
    assert Run(tmp_path / "USUAL").blend == "logistic"


def test_environment_names_no_unused_embedding(finished_run, run_program, musicnn, monkeypatch):
    page = finished_run.parent / "page.html"
    options = ("report", finished_run, "--quick", "--out", page, "--quiet")
    code, _, err = run_program(*options, "--embedding", musicnn)
    assert code == 2 and "--embedding needs one RUN and --data" in err
    monkeypatch.setenv("STEMSTACK_EMBEDDING", musicnn)
    assert run_program(*options)[0] == 0 and page.exists()
