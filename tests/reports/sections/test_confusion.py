"""Confusion matrices hold every count, and the worst pairs are said in words."""

import re

import numpy as np

from stemstack.reports.sections.confusion import confusion_section


def test_every_count_is_there_and_rows_are_shaded_by_their_share(side):
    body = confusion_section([side]).body
    stack = body[: body.index("</table>")]
    assert re.findall(r"<td[^>]*>(.*?)</td>", stack) == [
        "16",
        "4",
        "·",
        "·",
        "16",
        "4",
        "4",
        "·",
        "16",
    ]
    assert re.findall(r"--v:([\d.]+)", stack) == ["0.800", "0.200"] * 2 + ["0.200", "0.800"]
    assert body.count("<table") == 3


def test_it_says_what_is_taken_for_what(side):
    body = confusion_section([side]).body
    assert "<li>$a$b$ taken for &lt;d&gt; &amp; co: 4 of 20</li>" in body
    assert body.count("<li>") == 3


def test_nothing_confused(make_side):
    truth = np.arange(6) % 3
    assert "every clip is right" in confusion_section([make_side({"stack": truth}, truth)]).body


def test_many_classes_get_no_matrix(make_side):
    truth = np.arange(41)
    side = make_side({"lr": truth, "stack": np.roll(truth, 1)}, truth, [f"c{i}" for i in truth])
    body = confusion_section([side]).body
    assert "<table" not in body and "41 classes" in body and body.count("<li>") == 6
