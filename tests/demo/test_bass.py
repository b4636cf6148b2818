"""Bass degrees are taken from the chord of the moment."""

import numpy as np
import pytest

from stemstack.demo.bass import LINES, play_bass
from stemstack.demo.harmony import lay_out


def pitches(line, progression, n_bars=1):
    spans = lay_out(progression, 0, n_bars)
    notes = play_bass(line, spans, n_bars, np.random.default_rng(0), centre=38)
    return [note.pitch for note in notes]


@pytest.mark.parametrize(
    ("progression", "steps"),
    [
        ("I", [0, 4, 7, 9, 10, 9, 7, 4]),
        ("i", [0, 3, 7, 9, 10, 9, 7, 3]),
        ("Imaj7", [0, 4, 7, 9, 11, 9, 7, 4]),
        ("viidim", [0, 3, 6, 9, 10, 9, 6, 3]),
    ],
)
def test_a_boogie_follows_the_chord(progression, steps):
    played = pitches("boogie", progression)
    assert [pitch - played[0] for pitch in played] == steps


def test_a_walk_approaches_the_next_root_by_a_half_step():
    played = pitches("walking", "I IV", n_bars=2)
    assert abs(played[3] - played[4]) == 1


def test_roots_stay_near_the_centre():
    for line in LINES:
        assert all(30 <= pitch <= 57 for pitch in pitches(line, "I bII IV #IV V VII", n_bars=6))
