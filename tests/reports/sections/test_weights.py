"""Weights of models and a comparison of second levels."""

import re

import pandas as pd

from stemstack.reports.sections.weights import weights_section

WEIGHTS = pd.Series({"lr": 0.25, "lgbm": 0.75})


def test_weights_are_drawn_and_said():
    section = weights_section(WEIGHTS, "How.")
    assert "lgbm 75 %, lr 25 %" in section.body
    assert "<table" not in section.body and "How." in section.body


def test_by_class_and_beside_other_second_levels():
    blends = pd.DataFrame(
        {"macro_f1": [0.5, 0.6], "low": [0.4, 0.5], "high": [0.6, 0.7]}, ["mean", "greedy"]
    )
    by_class = pd.DataFrame({"lr": [1.5], "lgbm": [-0.25]}, ["<d>"])
    body = weights_section(WEIGHTS, "How.", by_class=by_class, blends=blends).body
    cells = re.findall(r"<td[^>]*>(.*?)</td>", body)
    assert cells[:2] == ["1.500", "−0.250"]
    assert cells[2:] == ["0.600", "0.500", "0.700", "0.500", "0.400", "0.600"]
