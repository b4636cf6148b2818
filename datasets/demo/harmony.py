"""Scales, chords in Roman numerals, and progressions over the bars of a song.

Conventions: a pitch class is 0 (C) to 11 (B); a chord's intervals are semitones above its root. In
a progression, bars are separated by spaces and chords of one bar by slashes; lower-case numerals
are minor, as in ``"ii7 V7 Imaj7 vi7/VI7"``.
"""

import re
from dataclasses import dataclass
from functools import cache

from .score import BEATS_PER_BAR

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
}
_DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_ACCIDENTALS = {"b": -1, "": 0, "#": 1}
_QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "m5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "13": (0, 4, 10, 14, 21),
    "sus4": (0, 5, 7),
    "mdim": (0, 3, 6),
    "m7b5": (0, 3, 6, 10),
}
_NUMERAL = re.compile(r"([b#]?)([IV]+|[iv]+)(.*)")


@dataclass(frozen=True)
class Chord:
    """Chord: root pitch class, and intervals above it in semitones."""

    root: int
    intervals: tuple[int, ...]

    @property
    def pitch_classes(self):
        """Set of the chord's pitch classes."""
        return {(self.root + interval) % 12 for interval in self.intervals}


@dataclass(frozen=True)
class Span:
    """Chord between two beats."""

    start: float
    end: float
    chord: Chord


@cache
def parse_numeral(numeral, tonic):
    """Parse a Roman numeral such as ``"bVII"`` or ``"ii7"`` in the key of ``tonic``.

    Parameters
    ----------
    numeral : str
    tonic : int
        Pitch class of the key.

    Returns
    -------
    Chord

    Raises
    ------
    ValueError
        The numeral or its suffix is not in the tables.
    """
    match = _NUMERAL.fullmatch(numeral)
    if match:
        accidental, degree, suffix = match.groups()
        quality = suffix if degree.isupper() else "m" + suffix
        if degree.upper() in _DEGREES and quality in _QUALITIES:
            root = tonic + _DEGREES[degree.upper()] + _ACCIDENTALS[accidental]
            return Chord(root % 12, _QUALITIES[quality])
    raise ValueError(f"A chord must be a Roman numeral with a valid suffix. Got {numeral!r}.")


def repeat_progression(progression, tonic, n_bars):
    """Repeat a progression over a song.

    Parameters
    ----------
    progression : str
        Roman numerals, bars separated by spaces and chords of one bar by slashes.
    tonic : int
        Pitch class of the key.
    n_bars : int

    Returns
    -------
    list of Span
        From beat 0 to ``4 * n_bars``, without gaps.
    """
    bars = [bar.split("/") for bar in progression.split()]
    spans = []
    for index in range(n_bars):
        numerals = bars[index % len(bars)]
        length = BEATS_PER_BAR / len(numerals)
        for position, numeral in enumerate(numerals):
            start = index * BEATS_PER_BAR + position * length
            spans.append(Span(start, start + length, parse_numeral(numeral, tonic)))
    return spans


def chord_at(spans, beat):
    """Return the chord at a beat; the last one for beats after the end."""
    return next((span.chord for span in spans if beat < span.end), spans[-1].chord)


def voice(chord, centre):
    """Return the pitches of a chord, all within the octave around ``centre``.

    As every chord is near the same centre, the voices move by small steps.

    Parameters
    ----------
    chord : Chord
    centre : int
        MIDI pitch in the middle of the voicing.

    Returns
    -------
    list of int
        MIDI pitches, ascending, within six semitones of ``centre``.
    """
    return sorted({nearest(pitch_class, centre) for pitch_class in chord.pitch_classes})


def nearest(pitch_class, pitch):
    """Return the MIDI pitch of a pitch class nearest to ``pitch`` (the lower one of two)."""
    return pitch - 6 + (pitch_class - (pitch - 6)) % 12
