"""Drum parts follow the groove, with fills before and crashes at new sections."""

import numpy as np

from stemstack.datasets.demo.composer import Section
from stemstack.datasets.demo.drums import play_drums
from stemstack.datasets.demo.music import DRUMS, GROOVES

FORM = (Section("verse", 0, 4), Section("chorus", 4, 4))


def strokes(voice, notes):
    return [note.start for note in notes if note.pitch == DRUMS[voice]]


def test_accents_are_never_dropped():
    notes = play_drums("backbeat", FORM, np.random.default_rng(0), fills=0.0, crashes=False)
    assert strokes("snare", notes) == [bar * 4 + beat for bar in range(8) for beat in (1.0, 3.0)]


def test_fill_replaces_last_two_beats():
    rng = np.random.default_rng(0)
    notes = play_drums("motorik", FORM, rng, fills=1.0, crashes=False)
    assert not [b for b in strokes("ride", notes) if 14 <= b < 16 or b >= 30]
    assert [n for n in notes if 14 <= n.start < 16]


def test_sections_start_with_a_crash():
    notes = play_drums("backbeat", FORM, np.random.default_rng(0))
    assert strokes("crash", notes) == [0.0, 16.0]


def test_every_groove_plays():
    for groove in GROOVES:
        assert play_drums(groove, FORM, np.random.default_rng(1))
