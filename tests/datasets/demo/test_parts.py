"""Bass lines, accompaniments and melodies follow the chords; drums follow the groove."""

import numpy as np
import pytest

from stemstack.datasets.demo.composer import Section
from stemstack.datasets.demo.harmony import SCALES, repeat_progression
from stemstack.datasets.demo.music import BASS_LINES, CHORD_PATTERNS, DRUMS, GROOVES, LEAD_RHYTHMS
from stemstack.datasets.demo.parts import comp, compose_lead, play_bass, play_drums


def pitches(line, progression, n_bars=1):
    spans = repeat_progression(progression, 0, n_bars)
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
def test_boogie_follows_the_chord(progression, steps):
    played = pitches("boogie", progression)
    assert [pitch - played[0] for pitch in played] == steps


def test_walk_approaches_next_root_by_half_step():
    played = pitches("walking", "I IV", n_bars=2)
    assert abs(played[3] - played[4]) == 1


def test_roots_are_near_the_centre():
    for line in BASS_LINES:
        assert all(30 <= pitch <= 57 for pitch in pitches(line, "I bII IV #IV V VII", n_bars=6))


def play(pattern, progression="I IV"):
    return comp(pattern, repeat_progression(progression, 0, 2), 2, centre=60)


@pytest.mark.parametrize("pattern", CHORD_PATTERNS)
def test_every_pattern_plays_chord_tones(pattern):
    notes = play(pattern)
    assert {n.pitch % 12 for n in notes if n.start < 4} <= {0, 4, 7}
    assert {n.pitch % 12 for n in notes if n.start >= 4} <= {5, 9, 0}


def test_pad_holds_chord_for_the_bar():
    notes = play("pad")
    assert len(notes) == 6
    assert all(3.5 < note.duration <= 4 for note in notes)


def test_skank_plays_only_offbeats():
    # The strum spreads a chord over less than a tenth of a beat.
    assert all(0.5 <= note.start % 1 < 0.6 for note in play("skank"))


def test_arpeggio_plays_one_note_at_a_time():
    starts = [note.start for note in play("arpeggio")]
    assert len(set(starts)) == len(starts)


def test_boom_chick_alternates_bass_and_chord():
    notes = play("boom chick", "I")
    on_the_beat = [n.pitch for n in notes if n.start % 2 == 0]
    assert max(on_the_beat) < min(n.pitch for n in notes if n.start % 2 != 0)


FORM = (Section("intro", 0, 2), Section("verse", 2, 4), Section("chorus", 6, 4))


def melody(cells, mode="major", tonic=2, seed=0):
    spans = repeat_progression("I IV V I", tonic, 10)
    return compose_lead(cells, spans, FORM, mode, tonic, np.random.default_rng(seed), centre=68)


@pytest.mark.parametrize("cells", LEAD_RHYTHMS)
def test_melodies_are_in_scale_and_range(cells):
    notes = melody(cells)
    assert {(note.pitch - 2) % 12 for note in notes} <= set(SCALES["major"])
    assert all(50 <= note.pitch <= 86 for note in notes)


def test_long_notes_on_strong_beats_are_chord_tones():
    notes = melody("sustained", mode="pentatonic")
    chords = {0: {2, 6, 9}, 1: {7, 11, 2}, 2: {9, 1, 4}, 3: {2, 6, 9}}
    strong = [n for n in notes if n.start % 2 == 0]
    assert strong
    assert all(n.pitch % 12 in chords[int(n.start // 4) % 4] for n in strong)


def test_intro_is_instrumental_and_phrases_repeat():
    notes = melody("lyrical")
    assert min(note.start for note in notes) >= 8.0
    bars = [[n.start % 4 for n in notes if n.start // 4 == bar] for bar in range(2, 6)]
    assert bars[0] == bars[2]


SECTIONS = (Section("verse", 0, 4), Section("chorus", 4, 4))


def strokes(voice, notes):
    return [note.start for note in notes if note.pitch == DRUMS[voice]]


def test_accents_are_never_dropped():
    notes = play_drums("backbeat", SECTIONS, np.random.default_rng(0), fills=0.0, crashes=False)
    assert strokes("snare", notes) == [bar * 4 + beat for bar in range(8) for beat in (1.0, 3.0)]


def test_fill_replaces_last_two_beats():
    rng = np.random.default_rng(0)
    notes = play_drums("motorik", SECTIONS, rng, fills=1.0, crashes=False)
    assert not [b for b in strokes("ride", notes) if 14 <= b < 16 or b >= 30]
    assert [n for n in notes if 14 <= n.start < 16]


def test_sections_start_with_a_crash():
    notes = play_drums("backbeat", SECTIONS, np.random.default_rng(0))
    assert strokes("crash", notes) == [0.0, 16.0]


def test_every_groove_plays():
    for groove in GROOVES:
        assert play_drums(groove, SECTIONS, np.random.default_rng(1))
