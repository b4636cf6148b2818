"""Merging runs: what is taken over, and what is rejected."""

import pandas as pd
import pytest

from stemstack.exceptions import DataError, UsageError
from stemstack.runs import Config, Run, coverage, merge_runs
from stemstack.runs.run import PSEUDO_LABEL, STACK

FOLDS = pd.DataFrame({"item": list("vwxy"), "fold": [0, 1, 0, 1]})
NET = {"backbone": "resnet18", "weights": "none", "device": "cpu"}


@pytest.fixture
def start_run(tmp_path):
    """Return a function that writes an unfinished run, with ledger entries of one row each."""

    def start(name, models, entries=(), *, resolved=None, folds=FOLDS, **options):
        run = Run(tmp_path / name)
        Config("DATA", models=models, **options).write(run.config_path, resolved or {})
        run.write_table("folds", folds)
        for model, fold, key in entries:
            table = pd.DataFrame({f"{model}__a": [0.5]}, index=["x"])
            run.ledger.write(model, fold, key, oof=table)
            (run.model_folder(model, fold)).mkdir(parents=True)
        return run

    return start


def test_coverage_lists_all_folds_and_repeats(start_run):
    repeats = FOLDS.assign(repeat1=[0, 0, 1, 1])
    run = start_run("RUN", ["lr", "lgbm"], [("lr", 0, "0a"), ("lr", 3, "0b")], folds=repeats)
    table = coverage(run)
    assert table.loc["lr"].to_dict() == {0: True, 1: False, 2: False, 3: True}
    assert table.loc["lgbm"].to_dict() == dict.fromkeys(range(4), False)


def test_merge_takes_each_model_once(start_run, tmp_path):
    one = start_run("ONE", ["lr(C=0.1)"], [("lr-C-0.1", 0, "0a")])
    other = start_run("OTHER", ["lr( C=0.1 )", "lgbm"], [("lr-C-0.1", 1, "0a"), ("lgbm", 0, "0b")])
    merged = merge_runs([one.path, other.path], tmp_path / "RUN")
    assert merged.model_names == ["lr-C-0.1", "lgbm"]
    assert coverage(merged).to_numpy().tolist() == [[True, True], [True, False]]


def test_network_options_come_from_run_with_networks(start_run, tmp_path):
    plain = start_run("PLAIN", ["lr"], resolved={"lr": {}})
    deep = start_run("DEEP", ["effnet"], resolved={"effnet": NET}, epochs=3, device="cpu")
    merged = merge_runs([plain.path, deep.path], tmp_path / "RUN")
    assert (merged.config.epochs, merged.config.device) == (3, "cpu")
    assert merged.config.models == ("lr", "effnet")
    assert merged.resolved == {"lr": {}, "effnet": NET}
    third = start_run("THIRD", ["cnn"], resolved={"cnn": NET}, epochs=4, device="cpu")
    with pytest.raises(UsageError, match=r"DEEP was started with epochs=3, .*THIRD with 4"):
        merge_runs([deep.path, third.path], tmp_path / "NEW")
    seeded = start_run("SEEDED", ["lr"], seed=1)
    with pytest.raises(UsageError, match=r"PLAIN was started with seed=0, .*SEEDED with 1"):
        merge_runs([plain.path, seeded.path], tmp_path / "NEW")
    assert not (tmp_path / "NEW").exists()


def test_tables_are_compared_by_content(start_run, tmp_path):
    one, other = (start_run(name, ["lr"], [("lr", 0, "0a")]) for name in ("ONE", "OTHER"))
    for path in (other.path / "folds.parquet", next(other.path.glob("ledger/lr/*"))):
        pd.read_parquet(path).to_parquet(path, index=False, compression="gzip")
    assert merge_runs([one.path, other.path], tmp_path / "RUN").ledger.has("lr", 0, "0a")


def test_renamed_clips_are_the_same(start_run, tmp_path):
    """Keys are of contents: a resumed run has predictions under the names of before."""
    one, other = (start_run(name, ["lr"], [("lr", 0, "0a")]) for name in ("ONE", "OTHER"))
    path = next(other.path.glob("ledger/lr/*"))
    table = pd.read_parquet(path)
    table.assign(id="renamed").to_parquet(path, index=False)
    assert merge_runs([one.path, other.path], tmp_path / "RUN").ledger.has("lr", 0, "0a")
    table.assign(lr__a=0.25).to_parquet(path, index=False)
    with pytest.raises(UsageError, match="hold different predictions of lr, fold 0"):
        merge_runs([one.path, other.path], tmp_path / "RUN2")


@pytest.mark.parametrize("command", [STACK, PSEUDO_LABEL])
def test_derived_runs_cannot_be_merged_or_resumed(command, start_run, tmp_path):
    made = start_run("MADE", ["lr"], resolved={"lr": {}, command: {"runs": {}}})
    with pytest.raises(DataError, match=f"MADE: {command} made this run of others"):
        merge_runs([made.path], tmp_path / "RUN")
    with pytest.raises(
        UsageError, match=f"MADE: this run was made of others by {command}; repeat that command"
    ):
        Run.begin(made.path, made.config, resume=True)
    with pytest.raises(DataError, match=f"not finished; remove it and repeat {command}"):
        Run.open(made.path)


def test_run_without_folds_cannot_be_merged(start_run, tmp_path):
    run = start_run("ONE", ["lr"])
    (run.path / "folds.parquet").unlink()
    with pytest.raises(DataError, match="has no folds yet; continue it with fit --resume"):
        merge_runs([run.path], tmp_path / "RUN")
