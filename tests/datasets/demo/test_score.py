"""Patterns are parsed to steps."""

import pytest

from stemstack.datasets.demo.music import BASS_LINES, CHORD_PATTERNS, FILLS, GROOVES, LEAD_RHYTHMS
from stemstack.datasets.demo.score import BEATS_PER_BAR, read_bar

WRITTEN = [
    *(pattern for groove in GROOVES.values() for pattern in groove.values()),
    *(pattern for fill in FILLS for pattern in fill.values()),
    *BASS_LINES.values(),
    *CHORD_PATTERNS.values(),
    *(cell for cells in LEAD_RHYTHMS.values() for cell in cells),
]


def test_read_bar_places_strikes_holds_and_rests():
    assert [tuple(step) for step in read_bar("x-.5x.--")][:2] == [(0.0, 1.0, "x"), (1.5, 0.5, "5")]


@pytest.mark.parametrize("pattern", sorted(set(WRITTEN)))
def test_patterns_fill_a_bar(pattern):
    assert len(pattern) in (8, 16, 32)
    assert ".-" not in pattern
    steps = read_bar(pattern)
    assert steps
    assert steps[-1].start + steps[-1].length <= BEATS_PER_BAR
