"""Blocks escape their text, and tables are readable for everyone."""

import re

import numpy as np
import pandas as pd
import pytest

from stemstack.reports.html.blocks import (
    bullets,
    callout,
    details,
    figure,
    heading,
    join,
    paragraph,
    preformatted,
    table,
)


@pytest.mark.parametrize(
    "html",
    [
        paragraph("<d> & co"),
        paragraph("", ("scores", "<d> & co")),
        heading("<d> & co"),
        bullets(["<d> & co"]),
        preformatted("<d> & co"),
        figure("", "<d> & co"),
        details("<d> & co", ""),
        details("", "<d> & co"),
        callout("<d> & co"),
        table(pd.DataFrame({"<d> & co": ["<d> & co"]}, index=["<d> & co"]), "<d> & co"),
    ],
)
def test_text_is_escaped(html):
    assert "<d>" not in html
    assert "&lt;d&gt; &amp; co" in html


def test_blocks_within_blocks_stay_html():
    html = details("more", join([paragraph("one"), paragraph("two")]))
    assert "<p>one</p>" in html and "<p>two</p>" in html


def test_paragraph_links_to_a_section():
    html = paragraph("More:", ("gap", "the gap"))
    assert html.strip() == '<p>More: <a href="#gap">the gap</a></p>'


def test_percent_sign_stays_with_its_number():
    assert "80\N{NO-BREAK SPACE}%" in paragraph("80 % of it")
    assert "80 % of it" in preformatted("80 % of it")


def test_floats_have_fixed_digits_and_missing_a_dash():
    frame = pd.DataFrame({"n": [3, 4], "f": [0.5, np.nan], "t": ["x", None]}).rename_axis("row")
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table(frame, "numbers", digits=2))
    assert cells == ["3", "0.50", "x", "4", "–", "–"]


def test_cells_are_shaded_by_value_or_another_table():
    frame = pd.DataFrame({"n": [0.25, np.nan, 3.0]})
    assert re.findall(r"--v:([\d.]+)", table(frame, "", heat=True)) == ["0.250", "1.000"]
    counts, fractions = pd.DataFrame({"n": [7]}), pd.DataFrame({"n": [0.7]})
    assert re.findall(r"--v:([\d.]+)", table(counts, "", shade=fractions)) == ["0.700"]
    assert "--v" not in table(frame, "")


def test_scrolling_table_can_be_focused_and_is_named():
    html = table(pd.DataFrame({"f": [0.5]}), "scores")
    assert 'tabindex="0"' in html and 'aria-label="scores"' in html
    # A header of the column and one of the row; none in the corner, which has no name.
    assert html.count("scope=") == 2
