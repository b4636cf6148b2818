"""Bass lines, written as degrees of the chord of the moment, and the bassist who plays them.

``1 3 5`` are the chord's own notes, ``6`` the sixth, ``7`` its seventh (minor where it has none),
``8`` the octave, ``a`` a half step below or above the next root; ``.`` rests and ``-`` holds.
"""

from .harmony import chord_at, nearest
from .score import BEATS_PER_BAR, Note, read_bar

LINES = {
    "roots": "1-------1-------",
    "pedal": "1---------------",
    "eighths": "1-1-1-1-1-1-1-1-",
    "driving fifths": "1-1-1-1-5-5-1-1-",
    "syncopated roots": "1--1--1-..1-5-1-",
    "gallop": "1-111-111-111-11",
    "sixteenths": "1111111111111111",
    "chug rests": "1-11..1-1-..11..",
    "octaves": "1-8-1-8-1-8-1-8-",
    "disco walk": "1-8-1-8-5-8-6-8-",
    "funk": "1..1..8.7.5.1.8.",
    "two beat": "1---....5---....",
    "country walk": "1---5---1---3-5-",
    "boogie": "1-3-5-6-7-6-5-3-",
    "blues shuffle": "1-1-3-5-6-5-3-1-",
    "walking": "1---3---5---a---",
    "walking up": "1---5---8---a---",
    "bossa bass": "1-----5-5-----1-",
    "one drop bass": "....1-1---3-5---",
    "roots reggae": "1---..1-5---..3-",
    "dub": "1--1....5-3-1---",
    "sub": "1-------....1-..",
    "lazy sub": "1-----1-..5-....",
    "long notes": "1-------5-------",
    "contrabass": "1---....5---....",
}
_DEGREES = {"1": 0, "5": 7, "6": 9, "8": 12}
_THIRDS = (3, 4, 5)
_SEVENTHS = (10, 11)


def play_bass(line, spans, n_bars, rng, *, centre=38):
    """Play a bass line under a progression.

    Parameters
    ----------
    line : str
        A name of :data:`LINES`.
    spans : list of Span
        The chords of the song.
    n_bars : int
    rng : numpy.random.Generator
    centre : int, default=38
        MIDI pitch the roots are kept near.

    Returns
    -------
    list of Note
    """
    notes = []
    for bar in range(n_bars):
        for step in read_bar(LINES[line]):
            start = bar * BEATS_PER_BAR + step.start
            chord = chord_at(spans, start)
            coming = chord_at(spans, start + step.length)
            pitch = _degree(step.symbol, chord, coming, centre, rng)
            velocity = 104 if step.start % 2 == 0 else 90
            notes.append(Note(start, step.length * 0.92, pitch, velocity))
    return notes


def _degree(symbol, chord, coming, centre, rng):
    """The MIDI pitch of a written degree."""
    root = nearest(chord.root, centre)
    if symbol == "a":
        return nearest(coming.root, centre) + int(rng.choice([-1, 1]))
    if symbol == "3":
        return root + _first_of(_THIRDS, chord, otherwise=7)
    if symbol == "7":
        return root + _first_of(_SEVENTHS, chord, otherwise=10)
    if symbol == "5" and 6 in chord.intervals:
        return root + 6
    return root + _DEGREES[symbol]


def _first_of(intervals, chord, otherwise):
    return next((i for i in intervals if i in chord.intervals), otherwise)
