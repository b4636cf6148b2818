"""The ladder: best first, intervals beside scores, notes where no one misses them."""

import re

import pandas as pd

from stemstack.reports.sections.ladder import ladder_section

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
