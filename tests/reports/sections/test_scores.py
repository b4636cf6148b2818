"""Scores with intervals, best first; a note where a network is behind the linear baseline."""

import re

import numpy as np
import pandas as pd
import pytest

from stemstack.reports.evaluation import Evaluation
from stemstack.reports.sections.scores import SCORES, compare_with_linear

TABLE = pd.DataFrame(
    {"macro_f1": [0.5, 0.75, 0.25], "low": [0.4, 0.7, 0.2], "high": [0.6, 0.8, 0.3]},
    ["lr", "stack", "$x_"],
)
DATA = {
    "scores": {"out of fold": TABLE},
    "expected": {},
    "leaderboard": {},
    "note": None,
    "ranks": {},
    "behind_linear": [],
    "has_gap": True,
    "data_set": "D",
}
CLASSES, EYE = ["a", "b"], np.eye(2)


def test_models_come_best_first_with_intervals():
    body = SCORES.render({**DATA, "scores": {"out of fold": TABLE, "test": TABLE - 0.1}})
    assert re.findall(r'<th scope="row">(.*?)</th>', body) == ["stack", "lr", "$x_"]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", body)
    assert cells[:4] == ["0.750", "0.700 – 0.800", "0.650", "0.600 – 0.700"]


def test_figure_has_a_text_alternative():
    assert "stack is best with 0.750, $x_ last with 0.250." in SCORES.render(DATA)


@pytest.mark.parametrize("has_gap", [True, False])
def test_note_links_to_the_gap_or_its_command(has_gap):
    body = SCORES.render({**DATA, "behind_linear": ["x < y"], "has_gap": has_gap})
    note = body[body.index("<aside") : body.index("</aside>")]
    assert "<li>x &lt; y</li>" in note
    assert ('href="#gap"' in note) is has_gap
    assert ("stemstack gap D measures" in note) is not has_gap


def test_no_network_behind_gives_no_note():
    assert "<aside" not in SCORES.render(DATA)


def test_expected_and_leaderboard_scores_are_shown():
    expected = {"lr": "0.400 (0.300 to 0.500)"}
    board = {"stack": {"public": 0.68}}
    body = SCORES.render({**DATA, "expected": expected, "leaderboard": board, "note": "x < y"})
    cells = re.findall(r"<td[^>]*>(.*?)</td>", body)
    assert cells[:4] == ["0.750", "0.700 – 0.800", "", "public 0.680"]
    assert cells[6] == expected["lr"] and "Note: x &lt; y." in body
    assert "expected on the test" not in SCORES.render(DATA)


@pytest.fixture
def evaluation():
    """40 groups; lr is right for all, effnet for the first 30, cnn for 39."""
    y_true = np.arange(40) % 2
    effnet, cnn = (np.where(np.arange(40) < n, y_true, 1 - y_true) for n in (30, 39))
    proba = {"lr": EYE[y_true], "effnet": EYE[effnet], "cnn": EYE[cnn], "stack": EYE[y_true]}
    labels = np.array(CLASSES, object)[y_true]
    return Evaluation("out of fold", CLASSES, labels, np.arange(40), proba)


@pytest.fixture
def run(make_run, evaluation):
    run = make_run("DATA", range(40), evaluation.y_true, evaluation.proba)
    run.config.write(run.config_path, {"lr": {}, "effnet": {"device": "cpu"}, "cnn": {}})
    return run


def test_significance_of_a_network_behind(evaluation):
    line = compare_with_linear(evaluation, "effnet", "lr")
    # 10 of 40 clips are wrong, 5 of each class: F1 is 0.75 for both.
    assert line.startswith("out of fold: effnet has 0.750, lr 1.000; a difference of −0.250")
    assert line.endswith(": significant.")
    assert compare_with_linear(evaluation, "cnn", "lr").endswith(": not significant.")


def test_network_ahead_is_not_listed(evaluation):
    assert compare_with_linear(evaluation, "lr", "effnet") is None
    assert compare_with_linear(evaluation, "stack", "lr") is None


def test_scores_and_networks_are_collected(run, evaluation, make_inputs):
    data = SCORES.collect(make_inputs(run, [evaluation]))
    table = data["scores"]["out of fold"]
    assert table["macro_f1"].round(3).to_dict() == {
        "lr": 1.0, "effnet": 0.75, "cnn": 0.975, "stack": 1.0,
    }  # fmt: skip
    assert (table["low"] <= table["macro_f1"]).all() and (table["macro_f1"] <= table["high"]).all()
    # Only effnet has a resolved device: it alone is taken for a network.
    (line,) = data["behind_linear"]
    assert "effnet has" in line
    # The run has no test clips.
    assert not data["has_gap"] and data["data_set"] == "DATA"


@pytest.mark.parametrize("quick", [True, False])
def test_gap_is_linked_if_it_is_measured(run, evaluation, make_inputs, quick):
    test = run.read_table("ledger/oof").drop(columns=["label", "fold"])
    run.write_table("ledger/test", test.rename(columns={"clip": "id"}))
    options = {"data": None} if quick else {}
    assert SCORES.collect(make_inputs(run, [evaluation], **options))["has_gap"] is not quick
