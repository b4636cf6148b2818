"""Roman numerals, progressions and voicings."""

import pytest

from stemstack.datasets.demo.harmony import (
    SCALES,
    chord_at,
    nearest,
    parse_numeral,
    repeat_progression,
    voice,
)
from stemstack.datasets.demo.music import STYLES

C, G = 0, 7


@pytest.mark.parametrize(
    ("numeral", "tonic", "pitch_classes"),
    [
        ("I", C, {0, 4, 7}),
        ("V7", C, {7, 11, 2, 5}),
        ("ii7", G, {9, 0, 4, 7}),
        ("bVII", C, {10, 2, 5}),
        ("ii7b5", C, {2, 5, 8, 0}),
        ("i5", C, {0, 7}),
    ],
)
def test_numerals_are_parsed_to_chords(numeral, tonic, pitch_classes):
    assert parse_numeral(numeral, tonic).pitch_classes == pitch_classes


@pytest.mark.parametrize("numeral", ["", "H7", "I99", "IIII"])
def test_unknown_numeral_is_an_error(numeral):
    with pytest.raises(ValueError, match="must be a Roman numeral"):
        parse_numeral(numeral, C)


def test_progression_repeats_and_shares_bars():
    spans = repeat_progression("I IV/V", C, 3)
    assert [(s.start, s.end, s.chord.root) for s in spans] == [
        (0.0, 4.0, 0),
        (4.0, 6.0, 5),
        (6.0, 8.0, 7),
        (8.0, 12.0, 0),
    ]
    assert chord_at(spans, 6.5).root == 7
    assert chord_at(spans, 99.0).root == 0


@pytest.mark.parametrize("genre", STYLES)
def test_tunes_use_defined_scales_and_chords(genre):
    for mode, tunes in STYLES[genre].tunes.items():
        assert mode in SCALES
        for tune in tunes:
            assert repeat_progression(tune, C, 12)


def test_voicings_are_near_their_centre():
    for pitch_class in range(12):
        chord = parse_numeral("Imaj9", pitch_class)
        pitches = voice(chord, 60)
        assert {p % 12 for p in pitches} == chord.pitch_classes
        assert all(54 <= p < 66 for p in pitches)
        assert nearest(pitch_class, 60) % 12 == pitch_class
