"""Costs of a run by stage."""

import json
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from stemstack.exceptions import DataError
from stemstack.runs import Run
from stemstack.runs.costs import Costs, model_seconds, read_costs
from stemstack.utils.progress import NullProgress


def test_stages_add_up_over_resumptions(tmp_path):
    run = Run(tmp_path)
    with Costs(run, NullProgress()).stage("checking clips"):
        pass
    assert not (tmp_path / "costs.json").exists()
    # A run has begun.
    run.config_path.touch()
    for steps in (2, 3):
        with Costs(run, NullProgress()).stage("fitting lr", 5) as advance:
            for _ in range(steps):
                advance()
    with Costs(run, NullProgress()).stage("stacking"):
        pass
    document = json.loads((tmp_path / "costs.json").read_text())
    assert [(stage["stage"], stage["n"]) for stage in document["stages"]] == [
        ("fitting lr", 5), ("stacking", 0),
    ]  # fmt: skip
    assert document == read_costs(run)
    # rtol: both are rounded to milliseconds.
    assert document["seconds"] == pytest.approx(
        sum(stage["seconds"] for stage in document["stages"]), abs=0.002
    )
    resident = psutil.Process().memory_info().rss / 1e6
    # Of this process at least; a tenth may have been freed since.
    assert document["peak_memory_mb"] > 0.9 * resident


@pytest.mark.parametrize(
    "text", ["[", '{"stages": [{"stage": "x", "n": "y"}], "peak_memory_mb": 0}']
)
def test_damaged_costs_start_from_zero(text, tmp_path, monkeypatch):
    run, display, messages = Run(tmp_path), NullProgress(), []
    monkeypatch.setattr(display, "log", messages.append)
    (tmp_path / "costs.json").write_text(text)
    with pytest.raises(DataError, match=r"costs\.json: is damaged"):
        read_costs(run)
    run.config_path.touch()
    with Costs(run, display).stage("stacking", 1) as advance:
        advance()
    assert [message.split(": ")[1] for message in messages] == [
        "is damaged; the costs of the run are counted anew"
    ]
    assert [stage["n"] for stage in read_costs(run)["stages"]] == [1]


def test_child_processes_count_as_cpu_time(tmp_path):
    costs = Costs(Run(tmp_path), NullProgress())
    with costs.stage("work"):
        busy = "import time\nwhile time.process_time() < 0.3: pass"
        subprocess.run([sys.executable, "-S", "-c", busy], check=True)
    assert costs.stages["work"]["cpu_seconds"] >= 0.25


def test_failed_stage_counts_without_new_folder(tmp_path):
    costs = Costs(Run(tmp_path / "RUN"), NullProgress())
    with pytest.raises(ZeroDivisionError, match="zero"), costs.stage("work"):
        1 / 0  # noqa: B018
    assert "work" in costs.stages
    assert not (tmp_path / "RUN").exists()


def test_model_seconds_are_features_and_fits(tmp_path):
    stages = [("features for lr", 3.0), ("fitting lr", 1.5), ("fitting on the cluster", 9.0)]
    stages = [{"stage": s, "n": 1, "seconds": t, "cpu_seconds": 2 * t} for s, t in stages]
    document = {"stages": stages, "peak_memory_mb": 1.0}
    (tmp_path / "costs.json").write_text(json.dumps(document))
    assert model_seconds(SimpleNamespace(path=tmp_path, model_names=["lr", "net"])) == {"lr": 4.5}
