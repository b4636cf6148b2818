"""The lead keeps to its scale and range, and leaves the intro to the others."""

import numpy as np
import pytest

from stemstack.demo.form import Section
from stemstack.demo.harmony import SCALES, lay_out
from stemstack.demo.melody import CELLS, sing

FORM = (Section("intro", 0, 2), Section("verse", 2, 4), Section("chorus", 6, 4))


def sung(cells, mode="major", tonic=2, seed=0):
    spans = lay_out("I IV V I", tonic, 10)
    return sing(cells, spans, FORM, mode, tonic, np.random.default_rng(seed), centre=68)


@pytest.mark.parametrize("cells", CELLS)
def test_melodies_stay_in_the_scale_and_the_range(cells):
    notes = sung(cells)
    assert {(note.pitch - 2) % 12 for note in notes} <= set(SCALES["major"])
    assert all(50 <= note.pitch <= 86 for note in notes)


def test_long_notes_on_strong_beats_are_chord_tones():
    notes = sung("sustained", mode="pentatonic")
    chords = {0: {2, 6, 9}, 1: {7, 11, 2}, 2: {9, 1, 4}, 3: {2, 6, 9}}
    strong = [n for n in notes if n.start % 2 == 0]
    assert strong
    assert all(n.pitch % 12 in chords[int(n.start // 4) % 4] for n in strong)


def test_the_intro_is_instrumental_and_a_phrase_repeats_its_first_bar():
    notes = sung("lyrical")
    assert min(note.start for note in notes) >= 8.0
    bars = [[n.start % 4 for n in notes if n.start // 4 == bar] for bar in range(2, 6)]
    assert bars[0] == bars[2]
