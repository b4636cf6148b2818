"""Run directories: configuration, folds, unfinished runs."""

import numpy as np
import pandas as pd
import pytest
from helpers.small_run import write_small_run

from stemstack.exceptions import DataError, UsageError
from stemstack.runs import Config, Run, predict_run
from stemstack.runs.run_files import read_json, read_parquet
from stemstack.utils.resources import Resources

TABLE = pd.DataFrame({"lr__a": [0.5]}, index=["x"])


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b"- a\n- b\n", b"config: [1]\n", b"a: [\n", b""])
def test_invalid_configuration_raises(tmp_path, text):
    run = Run(tmp_path)
    run.config_path.write_bytes(text)
    for read in (lambda: run.config, lambda: run.resolved, lambda: run.made_by):
        with pytest.raises(DataError, match=r"config\.yaml: is not a run's configuration"):
            read()


def test_models_are_deduplicated_by_column():
    config = Config("DATA").with_models(["lr( C=0.1 )", "lgbm", "lr(C=0.1)"])
    assert config.models == ("lr( C=0.1 )", "lgbm")


def test_discard_fold_keeps_one_key(tmp_path):
    run = Run(tmp_path)
    for key in ("0a", "0b"):
        run.ledger.write("lr", 1, key, oof=TABLE)
    run.ledger.write("lr", 11, "0a", oof=TABLE)
    (run.model_folder("lr", 1)).mkdir(parents=True)
    run.discard_fold("lr", 1, except_key="0b")
    assert [(e.fold, e.key) for e in run.ledger.entries()] == [(1, "0b"), (11, "0a")]
    assert run.model_folds("lr") == [1]
    run.discard_fold("lr", 1)
    assert [(e.fold, e.key) for e in run.ledger.entries()] == [(11, "0a")]
    assert run.model_folds("lr") == []


def test_run_without_metrics_is_unfinished(tmp_path):
    run = Run(tmp_path)
    Config("DATA").write(run.config_path, {})
    scores = {name: {"macro_f1": 0.5} for name in (*run.model_names, "stack")}
    run.write_metrics({"classes": ["a", "b"], "out_of_fold": scores, "left_out": []})
    assert Run.open(tmp_path).metrics["classes"] == ["a", "b"]
    run.unfinish()
    with pytest.raises(DataError, match="not finished; continue it with fit --resume"):
        Run.open(tmp_path)
    run.unfinish()


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("ledger/test", {"id": [None, "1"]}, "its column 'id' is not text"),
        ("ledger/test", {"id": ["0", "0"]}, "its ids are repeated"),
        ("ledger/oof", {"clip": [0, 1, 2, 3]}, "its column 'clip' is not text"),
        ("folds", {"group": [None, "b", "c", "d"]}, "group is neither text nor a number"),
        ("folds", {"group": [["a"]] * 4}, "group is neither text nor a number"),
    ],
)
def test_damaged_table_is_named(name, changes, problem, make_run):
    proba = {model: np.full((4, 2), 0.5) for model in ("lr", "stack")}
    options = {"test_ids": "01", "test_proba": {m: p[:2] for m, p in proba.items()}}
    run = make_run("D", "abcd", list("xyxy"), proba, **options)
    run.write_table("folds", pd.DataFrame({"group": list("abcd")}))
    assert run.song_groups(4).tolist() == list("abcd")
    with pytest.raises(DataError, match=r"folds\.parquet: is damaged \(4 clips instead of 3\)"):
        run.song_groups(3)
    run.write_table(name, run.read_table(name).assign(**changes))
    with pytest.raises(DataError, match=rf"{name}\.parquet: is damaged \({problem}\)"):
        run.read_table(name)


@pytest.mark.parametrize("name", ["metrics.json", "config.yaml"])
def test_damage_is_not_blamed_on_a_table(name, make_run):
    run = make_run("D", "abcd", list("xyxy"), {"lr": np.full((4, 2), 0.5)})
    path = run.path / name
    path.write_text("[")
    with pytest.raises(DataError, match=rf"^{path}: is (damaged|not a run's configuration)"):
        run.read_table("ledger/oof")


def test_missing_recipes_are_named(tmp_path):
    run = Run(tmp_path)
    run.write_table("folds", pd.DataFrame({"kind": ["song", "noise"], "group": ["a", "b"]}))
    with pytest.raises(DataError, match=r"recipes\.parquet: is missing; .*fit with --resume"):
        run.song_groups()


def test_text_that_is_no_unicode_is_damaged(tmp_path):
    path = tmp_path / "table.parquet"
    pd.DataFrame({"id": ["aaaa"]}).to_parquet(path, compression=None)
    path.write_bytes(path.read_bytes().replace(b"aaaa", b"\xff" * 4))
    with pytest.raises(DataError, match=r"table\.parquet: is damaged"):
        read_parquet(path)


def test_number_of_many_digits_is_damage(tmp_path):
    path = tmp_path / "costs.json"
    path.write_text('{"seconds": 9223372036854775807}')
    assert read_json(path) == {"seconds": 2**63 - 1}
    path.write_text('{"seconds": 1' + "0" * 400 + "}")
    with pytest.raises(DataError, match=r"costs\.json: is damaged \(a number of more than 64 bits"):
        read_json(path)


def test_model_that_lost_its_column_names_is_damaged(tmp_path):
    made = write_small_run(tmp_path, ["lr(families=centroid)"])
    run = Run.open(made.path)
    (column,) = run.model_names
    model = run.load_model(column, 0)
    del model[-1].feature_names_in_
    run.save_model(model, column, 0)
    with pytest.raises(DataError, match=r"fold0.*: is damaged .*feature names"):
        predict_run(run, [made.clip], resources=Resources(tmp_path / "cache", n_jobs=1))


def test_settings_that_differ_are_named():
    started = Config("DATA", settings={"tempo": "none", "sr": 8000, "mixture": "wide"})
    config = Config("DATA", settings={"tempo": "wsola", "sr": 8000})
    with pytest.raises(UsageError, match=r"other mashup settings \(mixture, tempo\)"):
        config.check_resumes(started)
