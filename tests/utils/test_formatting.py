"""Numbers, durations and names as text, at the limits of their units."""

import pytest

from stemstack.utils.formatting import format_duration, format_names, format_number


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
