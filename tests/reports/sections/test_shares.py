"""Classes, folds, and what was left out."""

import re

import pandas as pd
import pytest

from stemstack.reports.sections.shares import shares_section

BALANCE = pd.DataFrame([[1, 2], [3, 4]], ["<d>", "b"], [0, 1])
SHARES = pd.DataFrame({"training": [0.3, 0.7], "guess, out of fold": [0.4, 0.6]}, ["<d>", "b"])


@pytest.mark.parametrize("test", [True, False])
def test_shares_are_drawn_for_what_there_is(test):
    shares = SHARES.assign(**{"guess, test": [0.1, 0.9]} if test else {})
    body = shares_section(BALANCE, shares, "Hint.", []).body
    assert ("guess, test: b most (90.0 %), &lt;d&gt; least (10.0 %)" in body) is test
    assert "Hint." in body and "left out" not in body


def test_folds_are_counted_and_summed():
    cells = re.findall(r"<td>(\d+)</td>", shares_section(BALANCE, SHARES, "", []).body)
    assert cells == ["1", "2", "3", "3", "4", "7"]


def test_clips_left_out_are_named():
    body = shares_section(BALANCE, SHARES, "", ["song.wav: is <empty>"]).body
    assert "1 test clips could not be read" in body and "song.wav: is &lt;empty&gt;" in body
