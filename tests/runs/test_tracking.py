"""What trackers are told, through trackers of our own and one real one."""

import json
import sys
import warnings
from types import SimpleNamespace

import pandas as pd
import pytest

from stemstack.exceptions import MissingExtraError, UsageError
from stemstack.runs import Config, Run, follow, make_tracker
from stemstack.utils.progress import NullProgress

SCORES = {"lr": {"macro_f1": 0.75, "seconds": 3.0}, "stack": {"macro_f1": 0.8}}


class Heard(NullProgress):
    """A progress that remembers what was said."""

    def __init__(self):
        self.said = []

    def log(self, message):
        self.said.append(message)


class Listener:
    """A tracker that remembers; it fails at one call if asked to."""

    def __init__(self, fails_at=None):
        self.calls = []
        self._fails_at = fails_at

    def __getattr__(self, name):
        def listen(*arguments, **options):
            self.calls.append((name, arguments, options))
            if name == self._fails_at:
                raise ConnectionError("nobody there\nand more")

        return listen


@pytest.fixture
def small_run(tmp_path):
    """A finished run of one model, two classes and two folds, from tables alone."""
    run = Run(tmp_path / "RUN")
    Config("DATA", models=["lr"]).write(run.config_path, {"lr": {}})
    sure = [0.9, 0.2, 0.1, 0.3]
    table = pd.DataFrame({"clip": list("abcd"), "label": list("xyyx"), "fold": [0, 0, 1, 1]})
    for model in ("lr", "stack"):
        table[f"{model}__x"], table[f"{model}__y"] = sure, [1 - p for p in sure]
    run.write_table("ledger/oof", table)
    run.write_metrics({"classes": ["x", "y"], "out_of_fold": {}})
    return run


def tell(tracker, run, progress):
    with follow(tracker, run.config, run.path, progress) as done:
        done(run, SCORES)


def test_a_tracker_hears_options_scores_folds_and_files(small_run):
    listener, progress = Listener(), Heard()
    tell(listener, small_run, progress)
    names = [name for name, _, _ in listener.calls]
    assert names == ["begin", "log_params", *["log_metrics"] * 3, *["log_artifact"] * 2, "end"]
    assert listener.calls[0][1] == ("RUN",)
    params = listener.calls[1][1][0]
    assert params["data"] == "DATA" and json.loads(params["models"]) == ["lr"]
    assert listener.calls[2][1][0] == {
        "macro_f1/lr": 0.75, "seconds/lr": 3.0, "macro_f1/stack": 0.8,
    }  # fmt: skip
    folds = {options["step"]: arguments[0] for _, arguments, options in listener.calls[3:5]}
    assert folds[0] == {"fold_macro_f1/lr": 1.0, "fold_macro_f1/stack": 1.0}
    # Of two clips said to be y, one is: F1 of y is 2/3, of x 0. rtol: one division.
    assert folds[1]["fold_macro_f1/lr"] == pytest.approx(1 / 3, rel=1e-12)
    assert {call[1][0].name for call in listener.calls[5:7]} == {"config.yaml", "metrics.json"}
    assert listener.calls[-1][1] == (False,)
    assert progress.said == []


@pytest.mark.parametrize("fails_at", ["begin", "log_metrics", "end"])
def test_a_tracker_that_fails_says_so_once_and_loses_nothing(small_run, fails_at):
    listener, progress = Listener(fails_at), Heard()
    tell(listener, small_run, progress)
    assert progress.said == ["The tracker failed, and is told no more: nobody there"]
    assert listener.calls[-1][0] == fails_at


def test_a_run_that_fails_is_told_as_failed(small_run):
    listener = Listener()
    with (
        pytest.raises(UsageError, match="too short"),
        follow(listener, small_run.config, small_run.path, NullProgress()),
    ):
        raise UsageError("too short")
    assert listener.calls[-1] == ("end", (True,), {})


def test_without_a_tracker_nothing_is_imported(small_run):
    before = set(sys.modules)
    tell(None, small_run, NullProgress())
    assert not {"mlflow", "wandb"} & (set(sys.modules) - before)


def test_what_is_no_tracker_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"must be mlflow, .* or wandb:PROJECT\. Got 'neptune'"):
        make_tracker("neptune", tmp_path)


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(MissingExtraError, match=r"wandb is not installed.*stemstack\[wandb\]"):
        make_tracker("wandb", tmp_path)


def test_weights_and_biases_is_told_in_its_own_words(small_run, monkeypatch):
    wandb_run, begun = Listener(), []
    wandb_run.config = Listener()
    fake = SimpleNamespace(init=lambda **options: begun.append(options) or wandb_run)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    progress = Heard()
    tell(make_tracker("wandb:genres", small_run.path), small_run, progress)
    assert progress.said == []
    assert begun == [{"project": "genres", "name": "RUN"}]
    assert wandb_run.config.calls[0][1][0]["folds"] == 5
    assert [name for name, _, _ in wandb_run.calls] == ["log"] * 3 + ["save"] * 2 + ["finish"]
    assert wandb_run.calls[2][1][0]["fold"] == 1
    assert wandb_run.calls[-1][2] == {"exit_code": 0}


def test_mlflow_keeps_what_it_is_told_beside_the_run(small_run):
    pytest.importorskip("mlflow", exc_type=ImportError)
    progress = Heard()
    with warnings.catch_warnings():
        # Of mlflow's own dependencies.
        warnings.simplefilter("ignore")
        tell(make_tracker("mlflow", small_run.path), small_run, progress)
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=f"sqlite:///{small_run.path.parent / 'mlflow.db'}")
        experiment = client.get_experiment_by_name("stemstack")
        (found,) = client.search_runs([experiment.experiment_id])
        folds = client.get_metric_history(found.info.run_id, "fold_macro_f1/lr")
        files = {file.path for file in client.list_artifacts(found.info.run_id)}
    assert progress.said == []
    assert found.info.status == "FINISHED" and found.info.run_name == "RUN"
    assert found.data.params["mashups_per_genre"] == str(small_run.config.mashups_per_genre)
    assert found.data.metrics["macro_f1/stack"] == 0.8
    assert [metric.step for metric in folds] == [0, 1]
    assert files == {"config.yaml", "metrics.json"}
