"""How chords are played: strummed, chopped, broken or held.

``x`` strikes the whole chord, ``X`` with an accent, ``o`` softly; ``1`` to ``4`` pick one voice,
from the lowest; ``b`` is the chord's root an octave below; ``.`` rests and ``-`` holds.
"""

from .harmony import chord_at, nearest, voice
from .score import BEATS_PER_BAR, Note, read_bar

PATTERNS = {
    "pad": "x---------------",
    "half notes": "x-------x-------",
    "quarters": "X---x---x---x---",
    "eighths": "X-x-x-x-X-x-x-x-",
    "strum": "X---x-o-..x-x-o-",
    "busy strum": "X-xox-xoX-xox-xo",
    "power chords": "X-----x-X-----x-",
    "power eighths": "X-x-x-x-x-x-x-x-",
    "chug": "X.xxx.xxX.xxx.xx",
    "tremolo": "xxxxxxxxxxxxxxxx",
    "stabs": "X.....x...X.....",
    "offbeats": "..x...x...x...x.",
    "skank": "..X...X...X...X.",
    "double skank": "..xx..xx..xx..xx",
    "bubble organ": ".ox.ox.o.ox.ox.o",
    "disco chops": "x.xxo.x.x.xxo.xx",
    "funk chops": "..xx.ox...xx.ox.",
    "boom chick": "b-..x-..b-..x-..",
    "banjo roll": "1324132413241324",
    "travis picking": "b-3-2-4-b-3-2-4-",
    "arpeggio": "1-2-3-4-3-2-1-2-",
    "alberti": "1-3-2-3-1-3-2-3-",
    "charleston": "x--.....x-......",
    "charleston late": "x--...x-......x-",
    "freddie green": "x-..x-..x-..x-..",
    "bossa comp": "x--x--x-..x--x--",
    "shuffle comp": "x-x-x-x-x-x-x-x-",
    "blues stabs": "..x-x-....x-x-..",
    "loop": "x--.x-....x--...",
    "sparse loop": "x------...1-2-..",
    "waltzing strings": "x-----x-x-------",
}
_VELOCITIES = {"X": 104, "x": 90, "o": 62}
# The hand crosses the strings one after the other: beats between two of them.
_STRUM = 0.015


def comp(pattern, spans, n_bars, *, centre):
    """Play a progression in one pattern.

    Parameters
    ----------
    pattern : str
        A name of :data:`PATTERNS`.
    spans : list of Span
        The chords of the song.
    n_bars : int
    centre : int
        MIDI pitch the voicings are gathered around.

    Returns
    -------
    list of Note
    """
    notes = []
    for bar in range(n_bars):
        for step in read_bar(PATTERNS[pattern]):
            start = bar * BEATS_PER_BAR + step.start
            chord = chord_at(spans, start)
            notes += _strike(step, start, chord, centre)
    return notes


def _strike(step, start, chord, centre):
    """The notes one symbol of a pattern asks for."""
    voicing = voice(chord, centre)
    length = step.length * 0.95
    if step.symbol == "b":
        return [Note(start, length, nearest(chord.root, centre - 12), 92)]
    if step.symbol.isdigit():
        pitches = [*voicing, voicing[0] + 12]
        return [Note(start, length, pitches[(int(step.symbol) - 1) % len(pitches)], 84)]
    velocity = _VELOCITIES[step.symbol]
    return [
        Note(start + place * _STRUM, length, pitch, velocity) for place, pitch in enumerate(voicing)
    ]
