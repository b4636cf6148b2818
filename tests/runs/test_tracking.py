"""Calls of experiment trackers, with recorders and with MLflow itself."""

import json
import sys
import warnings
from types import SimpleNamespace

import pandas as pd
import pytest

from stemstack.exceptions import MissingExtraError, UsageError
from stemstack.runs import Config, Run
from stemstack.runs.tracking import follow, make_tracker
from stemstack.utils.progress import NullProgress

SCORES = {"lr": {"macro_f1": 0.75, "seconds": 3.0}, "stack": {"macro_f1": 0.8}}


class LogRecorder(NullProgress):
    """Progress display that records its messages."""

    def __init__(self):
        self.messages = []

    def log(self, message):
        self.messages.append(message)


class CallRecorder:
    """Tracker that records its calls, and may fail at one."""

    def __init__(self, fails_at=None):
        self.calls = []
        self._fails_at = fails_at

    def __getattr__(self, name):
        def record(*arguments, **options):
            self.calls.append((name, arguments, options))
            if name == self._fails_at:
                raise ConnectionError("no connection\nand more")

        return record


@pytest.fixture
def small_run(tmp_path):
    """A finished run of one model, two classes and two folds, from tables alone."""
    run = Run(tmp_path / "RUN")
    Config("DATA", models=["lr"]).write(run.config_path, {"lr": {}})
    proba = [0.9, 0.2, 0.1, 0.3]
    table = pd.DataFrame({"clip": list("abcd"), "label": list("xyyx"), "fold": [0, 0, 1, 1]})
    for model in ("lr", "stack"):
        table[f"{model}__x"], table[f"{model}__y"] = proba, [1 - p for p in proba]
    run.write_table("ledger/oof", table)
    scores = {"lr": {"macro_f1": 0.5}, "stack": {"macro_f1": 0.5}}
    run.write_metrics({"classes": ["x", "y"], "out_of_fold": scores})
    return run


def track(tracker, run, progress):
    with follow(tracker, run.config, run.path, progress) as log_results:
        log_results(run, SCORES)


def test_options_scores_and_files_are_logged(small_run):
    recorder, progress = CallRecorder(), LogRecorder()
    track(recorder, small_run, progress)
    names = [name for name, _, _ in recorder.calls]
    assert names == ["begin", "log_params", *["log_metrics"] * 3, *["log_artifact"] * 2, "end"]
    assert recorder.calls[0][1] == ("RUN",)
    params = recorder.calls[1][1][0]
    assert params["data"] == "DATA" and json.loads(params["models"]) == ["lr"]
    assert recorder.calls[2][1][0] == {
        "macro_f1/lr": 0.75, "seconds/lr": 3.0, "macro_f1/stack": 0.8,
    }  # fmt: skip
    folds = {options["step"]: arguments[0] for _, arguments, options in recorder.calls[3:5]}
    assert folds[0] == {"fold_macro_f1/lr": 1.0, "fold_macro_f1/stack": 1.0}
    # Of two clips predicted as y, one is: F1 of y is 2/3, of x 0. rtol: one division.
    assert folds[1]["fold_macro_f1/lr"] == pytest.approx(1 / 3, rel=1e-12)
    assert {call[1][0].name for call in recorder.calls[5:7]} == {"config.yaml", "metrics.json"}
    assert recorder.calls[-1][1] == (False,)
    assert progress.messages == []


@pytest.mark.parametrize("fails_at", ["begin", "log_metrics", "end"])
def test_failing_tracker_is_logged_once(small_run, fails_at):
    recorder, progress = CallRecorder(fails_at), LogRecorder()
    track(recorder, small_run, progress)
    assert progress.messages == ["The tracker failed, and is not used any more: no connection"]
    assert recorder.calls[-1][0] == fails_at


def test_failed_run_is_logged_as_failed(small_run):
    recorder = CallRecorder()
    with (
        pytest.raises(UsageError, match="too short"),
        follow(recorder, small_run.config, small_run.path, NullProgress()),
    ):
        raise UsageError("too short")
    assert recorder.calls[-1] == ("end", (True,), {})


def test_no_tracker_imports_nothing(small_run):
    before = set(sys.modules)
    track(None, small_run, NullProgress())
    assert not {"mlflow", "wandb"} & (set(sys.modules) - before)


def test_unknown_tracker_raises(tmp_path):
    with pytest.raises(UsageError, match=r"must be mlflow, .* or wandb:PROJECT\. Got 'neptune'"):
        make_tracker("neptune", tmp_path)


def test_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(MissingExtraError, match=r"wandb is not installed.*stemstack\[wandb\]"):
        make_tracker("wandb", tmp_path)


def test_wandb_calls(small_run, monkeypatch):
    wandb_run, started = CallRecorder(), []
    wandb_run.config = CallRecorder()
    fake = SimpleNamespace(init=lambda **options: started.append(options) or wandb_run)
    monkeypatch.setitem(sys.modules, "wandb", fake)
    progress = LogRecorder()
    track(make_tracker("wandb:genres", small_run.path), small_run, progress)
    assert progress.messages == []
    assert started == [{"project": "genres", "name": "RUN"}]
    assert wandb_run.config.calls[0][1][0]["folds"] == 5
    assert [name for name, _, _ in wandb_run.calls] == ["log"] * 3 + ["save"] * 2 + ["finish"]
    assert wandb_run.calls[2][1][0]["fold"] == 1
    assert wandb_run.calls[-1][2] == {"exit_code": 0}


def test_mlflow_stores_next_to_the_run(small_run):
    pytest.importorskip("mlflow", exc_type=ImportError)
    progress = LogRecorder()
    with warnings.catch_warnings():
        # Of mlflow's own dependencies.
        warnings.simplefilter("ignore")
        track(make_tracker("mlflow", small_run.path), small_run, progress)
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=f"sqlite:///{small_run.path.parent / 'mlflow.db'}")
        experiment = client.get_experiment_by_name("stemstack")
        (found,) = client.search_runs([experiment.experiment_id])
        folds = client.get_metric_history(found.info.run_id, "fold_macro_f1/lr")
        files = {file.path for file in client.list_artifacts(found.info.run_id)}
    assert progress.messages == []
    assert found.info.status == "FINISHED" and found.info.run_name == "RUN"
    assert found.data.params["mashups_per_genre"] == str(small_run.config.mashups_per_genre)
    assert found.data.metrics["macro_f1/stack"] == 0.8
    assert [metric.step for metric in folds] == [0, 1]
    assert files == {"config.yaml", "metrics.json"}
