"""Chords are struck, broken and held as their pattern says."""

import pytest

from stemstack.demo.comping import PATTERNS, comp
from stemstack.demo.harmony import lay_out


def play(pattern, progression="I IV"):
    return comp(pattern, lay_out(progression, 0, 2), 2, centre=60)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_plays_chord_tones(pattern):
    notes = play(pattern)
    assert {n.pitch % 12 for n in notes if n.start < 4} <= {0, 4, 7}
    assert {n.pitch % 12 for n in notes if n.start >= 4} <= {5, 9, 0}


def test_a_pad_holds_the_chord_through_the_bar():
    notes = play("pad")
    assert len(notes) == 6
    assert all(3.5 < note.duration <= 4 for note in notes)


def test_a_skank_leaves_the_beat_alone():
    # The strum spreads a chord over less than a tenth of a beat.
    assert all(0.5 <= note.start % 1 < 0.6 for note in play("skank"))


def test_an_arpeggio_plays_one_note_at_a_time():
    starts = [note.start for note in play("arpeggio")]
    assert len(set(starts)) == len(starts)


def test_boom_chick_alternates_bass_and_chord():
    notes = play("boom chick", "I")
    on_the_beat = [n.pitch for n in notes if n.start % 2 == 0]
    assert max(on_the_beat) < min(n.pitch for n in notes if n.start % 2 != 0)
