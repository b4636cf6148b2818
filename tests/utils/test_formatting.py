"""Numbers, durations and names as text, at the limits of their units."""

import re
import unicodedata

import pandas as pd
import pytest
from helpers.hostile import ESCAPES, FORBIDDEN, FORMULAS

from stemstack.utils.formatting import (
    format_duration,
    format_names,
    format_number,
    spreadsheet_safe,
    visible,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1234.5, "1234"), (12.345, "12.3"), (1e-5, "1e-05"), (float("inf"), "inf")],
)
def test_numbers_have_three_significant_digits(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0 s"), (59.96, "1 min 0 s"), (3599.7, "1 h 0 min"), (9e4, "25 h 0 min")],
)
def test_durations_carry_sixty_over(value, text):
    assert format_duration(value) == text


def test_names_beyond_the_limit_are_counted():
    assert format_names(["a", "b"], limit=2) == "a, b"
    assert format_names(iter("abc"), limit=2) == "a, b, … (3 in all)"


@pytest.mark.parametrize("name", ESCAPES)
def test_escapes_of_names_are_visible(name):
    shown = visible(name)
    assert re.search(FORBIDDEN + "|\\n", shown) is None
    # Nothing is lost: Python reads the original from the escapes.
    assert shown.encode("latin-1").decode("unicode_escape") == name


def test_only_joiners_escape_the_escaping():
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    characters = [chr(code) for code in range(0x11000)]
    left = [c for c in characters if visible(c) == c and unicodedata.category(c) in hidden]
    # Signs that precede a number in Arabic and Syriac are printed by fonts.
    prefixes = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
    assert "".join(left) == prefixes + "\u200c\u200d"
    assert visible("métal 日本 👩\u200d🎤") == "métal 日本 👩\u200d🎤"
    assert visible("caf\udce9") == "caf\\xe9"


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_are_quoted_for_spreadsheets(name):
    safe = spreadsheet_safe(pd.DataFrame({"id": [name], name: [-0.5], "n": [-1]}))
    assert safe.columns.tolist() == ["id", f"'{name}", "n"]
    assert safe.to_numpy().tolist() == [[f"'{name}", -0.5, -1]]


def test_harmless_cells_are_unchanged():
    table = pd.DataFrame({"id": ["a=1", "7", "'x"], "p": [-1.0, None, 0.5]})
    pd.testing.assert_frame_equal(spreadsheet_safe(table), table, check_dtype=False)
