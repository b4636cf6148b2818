"""The ladder: best first, intervals beside scores, notes where no one misses them."""

import re

import numpy as np
import pandas as pd
import pytest

from stemstack.reports.evaluation import Evaluation
from stemstack.reports.sections.scores import compare_with_linear, ladder_section, scores_section

SCORES = pd.DataFrame(
    {"macro_f1": [0.5, 0.75, 0.25], "low": [0.4, 0.7, 0.2], "high": [0.6, 0.8, 0.3]},
    ["lr", "stack", "$x_"],
)


def test_models_stand_best_first_with_their_intervals():
    body = ladder_section({"out of fold": SCORES, "answers": SCORES - 0.1}).body
    assert re.findall(r'<th scope="row">(.*?)</th>', body) == ["stack", "lr", "$x_"]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", body)
    assert cells[:4] == ["0.750", "0.700 – 0.800", "0.650", "0.600 – 0.700"]


def test_the_figure_is_said_in_words():
    body = ladder_section({"out of fold": SCORES}).body
    assert "stack is best with 0.750, $x_ last with 0.250." in body


def test_a_note_is_set_off():
    assert (
        '<aside class="note"><p>Look!</p></aside>'
        in ladder_section({"out of fold": SCORES}, "<p>Look!</p>").body
    )
    assert "<aside" not in ladder_section({"out of fold": SCORES}).body


CLASSES, EYE = ["a", "b"], np.eye(2)


@pytest.fixture
def side():
    """40 clips, one a group; lr is right in all, the net in the first 30, a close one in 39."""
    truth = np.arange(40) % 2
    net, close = (np.where(np.arange(40) < n, truth, 1 - truth) for n in (30, 39))
    said = {"lr": EYE[truth], "effnet": EYE[net], "cnn": EYE[close], "stack": EYE[truth]}
    return Evaluation("out of fold", CLASSES, np.array(CLASSES, object)[truth], np.arange(40), said)


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
