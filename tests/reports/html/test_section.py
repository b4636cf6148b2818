"""Parts of a page: what they say is escaped, and tables can be read by everyone."""

import re

import numpy as np
import pandas as pd
import pytest

from stemstack.reports.html.section import (
    apply_codec,
    bullets,
    figure,
    fold,
    heading,
    paragraph,
    table,
)


@pytest.mark.parametrize(
    "html",
    [
        paragraph("<d> & co"),
        heading("<d> & co"),
        bullets(["<d> & co"]),
        apply_codec("<d> & co"),
        figure("", "<d> & co"),
        fold("<d> & co", ""),
        table(pd.DataFrame({"<d> & co": ["<d> & co"]}, index=["<d> & co"]), "<d> & co"),
    ],
)
def test_text_is_escaped(html):
    assert "<d>" not in html
    assert "&lt;d&gt; &amp; co" in html


def test_a_paragraph_may_lead_to_a_section():
    assert paragraph("More:", ("gap", "the gap")) == '<p>More: <a href="#gap">the gap</a></p>\n'


def test_fractions_have_one_number_of_digits_and_gaps_a_dash():
    frame = pd.DataFrame({"n": [3, 4], "f": [0.5, np.nan], "t": ["x", None]}).rename_axis("row")
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table(frame, "numbers", digits=2))
    assert cells == ["3", "0.50", "x", "4", "–", "–"]


def test_cells_are_shaded_by_themselves_or_by_another_table():
    frame = pd.DataFrame({"n": [0.25, np.nan, 3.0]})
    assert re.findall(r"--v:([\d.]+)", table(frame, "", heat=True)) == ["0.250", "1.000"]
    counts, share = pd.DataFrame({"n": [7]}), pd.DataFrame({"n": [0.7]})
    assert re.findall(r"--v:([\d.]+)", table(counts, "", shade=share)) == ["0.700"]


def test_a_table_that_scrolls_can_be_reached_by_keyboard_and_is_named():
    html = table(pd.DataFrame({"f": [0.5]}), "scores")
    assert 'tabindex="0"' in html and 'aria-label="scores"' in html
    # A head of the column and one of the row; none in the corner, which has no name.
    assert html.count("scope=") == 2
