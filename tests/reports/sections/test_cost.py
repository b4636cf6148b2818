"""What costs.json records is what the report shows."""

import json

import pytest

from stemstack.reports.sections.cost import cost_section
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


def test_time_and_memory_are_summed_up(run):
    section = cost_section(run)
    assert section.anchor == "cost"
    assert "3 min 0 s by the clock, 4 min 0 s of processors&#x27; time" in section.body
    assert "at most 1.5 GB of memory" in section.body


def test_each_stage_has_its_row_and_the_long_ones_a_bar(run):
    body = cost_section(run).body
    assert "<td>400</td><td>100.00</td><td>190.00</td><td>4.00</td>" in body
    assert "<td>100</td><td>0.00</td><td>0.00</td><td>–</td>" in body
    assert ">features for lr</text>" in body and ">checking clips</text>" not in body
    assert "fitting &lt;lr&gt; on a quite exceedingly long name</th>" in body


def test_a_run_that_recorded_nothing_has_no_cost(tmp_path):
    assert cost_section(Run(tmp_path)) is None
