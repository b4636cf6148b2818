"""Costs in the report are those of costs.json."""

import json
import re

import pytest

from stemstack.reports import ReportInputs
from stemstack.reports.sections.cost import COST
from stemstack.runs import Run

STAGES = [
    {"stage": "features for lr", "n": 400, "seconds": 100.0, "cpu_seconds": 190.0},
    {"stage": "fitting <lr> on a quite exceedingly long name", "n": 4, "seconds": 80.0},
    {"stage": "checking clips", "n": 100, "seconds": 0.0, "cpu_seconds": 0.0},
]
STAGES[1]["cpu_seconds"] = 50.0


@pytest.fixture
def run(tmp_path):
    document = {"stages": STAGES, "seconds": 180.0, "peak_memory_mb": 1536.0}
    (tmp_path / "costs.json").write_text(json.dumps(document))
    return Run(tmp_path)


def test_recorded_stages_are_collected(run):
    data = COST.collect(ReportInputs(run, []))
    assert data["stages"]["seconds"].tolist() == [100.0, 80.0, 0.0]
    assert data["stages"]["cpu_seconds"].tolist() == [190.0, 50.0, 0.0]
    assert data["peak_memory_mb"] == 1536.0


def test_totals_are_sums(run):
    body = COST.render(COST.collect(ReportInputs(run, [])))
    assert "3 min 0 s of wall time and 4 min 0 s of processor time" in body
    assert "at most 1.5 GB of memory" in body


def test_only_long_stages_are_in_the_figure(run):
    body = COST.render(COST.collect(ReportInputs(run, [])))
    cells = re.findall(r"<td>(.*?)</td>", body)
    assert cells[:4] == ["400", "100.00", "190.00", "4.00"]
    assert cells[-4:] == ["100", "0.00", "0.00", "–"]
    assert ">features for lr</text>" in body and ">checking clips</text>" not in body
    assert "fitting &lt;lr&gt; on a quite exceedingly long name</th>" in body


def test_run_without_costs_has_no_section(tmp_path):
    assert COST.collect(ReportInputs(Run(tmp_path), [])) is None
