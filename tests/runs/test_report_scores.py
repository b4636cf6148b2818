"""Where a deep model loses to logistic regression, the report says so."""

import numpy as np
import pytest

from stemstack.reports.sides import Side
from stemstack.runs.report_scores import compare_with_linear, scores_section

CLASSES, EYE = ["a", "b"], np.eye(2)


@pytest.fixture
def side():
    """40 clips, one a group; lr is right in all, the net in the first 30, a close one in 39."""
    truth = np.arange(40) % 2
    net, close = (np.where(np.arange(40) < n, truth, 1 - truth) for n in (30, 39))
    said = {"lr": EYE[truth], "effnet": EYE[net], "cnn": EYE[close], "stack": EYE[truth]}
    return Side("out of fold", CLASSES, np.array(CLASSES, object)[truth], np.arange(40), said)


@pytest.fixture
def run(make_run, side):
    run = make_run("DATA", range(40), side.truth, side.said)
    run.config.write(run.config_path, {"lr": {}, "effnet": {"device": "cpu"}, "cnn": {}})
    return run


def test_a_difference_beyond_chance_is_called_so(side):
    line = compare_with_linear(side, "effnet", "lr")
    # 10 of 20 + 20 clips wrong, 5 of each class: F1 is 0.75 in both.
    assert line.startswith("out of fold: effnet has 0.750, lr 1.000; a difference of −0.250")
    assert line.endswith("more than chance.")
    assert "chance may explain it" in compare_with_linear(side, "cnn", "lr")


def test_who_is_not_behind_is_not_named(side):
    assert compare_with_linear(side, "lr", "effnet") is None
    assert compare_with_linear(side, "stack", "lr") is None


@pytest.mark.parametrize("has_gap", [True, False])
def test_the_section_points_to_the_gap(run, side, has_gap):
    body = scores_section(run, [side], has_gap=has_gap).body
    assert "A deep model loses to logistic regression here" in body
    # Only effnet has a device: it alone is taken for a net.
    assert "effnet has" in body and "cnn has" not in body
    assert ('href="#gap"' in body) is has_gap
    assert ("stemstack gap DATA" in body) is not has_gap


def test_without_a_loser_there_is_no_note(run, side):
    side.said["effnet"] = side.said["lr"]
    assert "<aside" not in scores_section(run, [side], has_gap=False).body
