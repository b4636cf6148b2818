"""Confusion matrices hold every count; the most frequent confusions are listed."""

import re

import numpy as np
import pandas as pd

from stemstack.reports import ReportInputs
from stemstack.reports.sections.confusion import CONFUSION


def test_counts_of_every_model(evaluation):
    data = CONFUSION.collect(ReportInputs(None, [evaluation]))
    by_model = data["matrices"]["out of fold"]
    assert list(by_model) == ["lr", "lgbm", "stack"]
    assert by_model["stack"].to_numpy().tolist() == [[16, 4, 0], [0, 16, 4], [4, 0, 16]]
    assert by_model["stack"].columns.tolist() == evaluation.classes


def test_cells_are_shaded_by_fraction_of_the_row(evaluation):
    body = CONFUSION.render(CONFUSION.collect(ReportInputs(None, [evaluation])))
    stack = body[: body.index("</table>")]
    assert re.findall(r"--v:([\d.]+)", stack) == ["0.800", "0.200"] * 2 + ["0.200", "0.800"]
    assert body.count("<table") == 3


def listed(counts):
    """Render a matrix and return its most frequent confusions."""
    body = CONFUSION.render({"stack": "stack", "matrices": {"test": {"stack": counts}}})
    return re.findall(r"<li>(.*?)</li>", body), body


def test_most_frequent_confusions_come_first():
    lines, _ = listed(pd.DataFrame([[1, 2, 0], [3, 4, 0], [0, 0, 5]], [*"abc"], [*"abc"]))
    assert lines == ["b taken for a: 3 of 7", "a taken for b: 2 of 3"]


def test_no_confusion_is_stated():
    lines, _ = listed(pd.DataFrame(np.eye(3, dtype=int), [*"abc"], [*"abc"]))
    assert lines == ["none: every clip is classified correctly"]


def test_many_classes_get_no_matrix():
    classes = [f"c{i}" for i in range(41)]
    lines, body = listed(pd.DataFrame(np.roll(np.eye(41, dtype=int), 1, 1), classes, classes))
    assert "<table" not in body and "41 classes" in body and len(lines) == 6
