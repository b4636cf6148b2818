"""Command and files to repeat a run."""

import numpy as np
import pytest

from stemstack.reports import ReportInputs
from stemstack.reports.sections.repeat import REPEAT


@pytest.fixture
def run(make_run):
    proba = {"lr": np.eye(2), "stack": np.eye(2)}
    return make_run("DATA", range(2), list("ab"), proba)


def test_command_and_existing_files_are_collected(run, resources):
    data = REPEAT.collect(ReportInputs(run, [], resources=resources))
    assert data["command"] == "stemstack fit --config config.yaml --out RUN"
    assert data["config"] == run.config_path.read_text(encoding="utf-8")
    assert "numpy" in data["versions"]
    assert list(data["files"].index) == ["config.yaml", "ledger", "metrics.json"]
    assert data["files"].loc["ledger", "files"] == 1


@pytest.mark.parametrize("quick", [True, False])
def test_quick_report_names_the_command_for_more(run, resources, quick):
    inputs = ReportInputs(run, [], resources=resources, data=None if quick else "DATA")
    body = REPEAT.render(REPEAT.collect(inputs))
    assert ("stemstack report RUN --data DATA adds" in body) is quick


@pytest.mark.parametrize(
    ("name", "resolved", "command"),
    [
        ("stack", {"blend": "greedy", "runs": {"A B": {}}}, "stack 'A B' --blend greedy"),
        (
            "pseudo-label",
            {"run": {"A": {}}, "rounds": 2, "confidence": 0.6},
            "pseudo-label A --data DATA --models lr --rounds 2 --confidence 0.6",
        ),
    ],
)
def test_derived_run_is_repeated_by_its_command(run, name, resolved, command):
    run.config.write(run.config_path, {name: resolved})
    data = REPEAT.collect(ReportInputs(run, []))
    assert data["command"] == f"stemstack {command} --out RUN"
