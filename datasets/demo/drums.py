"""Drum grooves and fills, and the drum part of a song.

Patterns have one character per step: ``x`` is a stroke, ``X`` an accent, ``o`` a ghost note. Eight
steps per bar are eighths, sixteen are sixteenths; swing is added later, so that a shuffle is
written in straight time.
"""

from .midi import DRUMS
from .score import BEATS_PER_BAR, Note, read_bar

GROOVES = {
    "backbeat": {
        "kick": "X.......x.x.....",
        "snare": "....X.......X...",
        "closed hat": "x.o.x.o.x.o.x.o.",
    },
    "driving": {
        "kick": "X..x..x.X.....x.",
        "snare": "....X.......X..o",
        "closed hat": "X.x.X.x.X.x.X.x.",
    },
    "motorik": {
        "kick": "X.x...x.X.x...x.",
        "snare": "....X.......X...",
        "ride": "x.x.x.x.x.x.x.x.",
    },
    "half time": {
        "kick": "X.....x.........",
        "snare": "........X.......",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "double kick": {
        "kick": "xxxxxxxxxxxxxxxx",
        "snare": "....X.......X...",
        "ride bell": "x...x...x...x...",
    },
    "blast": {
        "kick": "x.x.x.x.x.x.x.x.",
        "snare": ".x.x.x.x.x.x.x.x",
        "ride": "x.x.x.x.x.x.x.x.",
    },
    "thrash": {
        "kick": "X...x...X...x.x.",
        "snare": "..X...X...X...X.",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "breakdown": {
        "kick": "X.xx..x...xx....",
        "snare": "........X.......",
        "crash": "x...x...x...x...",
    },
    "four on the floor": {
        "kick": "X...X...X...X...",
        "snare": "....x.......x...",
        "closed hat": "x.......x.......",
        "open hat": "..x...x...x...x.",
    },
    "disco sixteenths": {
        "kick": "X...X...X...X...",
        "snare": "....X.......X...",
        "clap": "....x.......x...",
        "closed hat": "xoXoxoXoxoXoxoXo",
        "tambourine": "..x...x...x...x.",
    },
    "disco congas": {
        "kick": "X...X...X...X...",
        "clap": "....X.......X...",
        "open hat": "..X...X...X...X.",
        "conga": "..x.xx....x.xx.x",
    },
    "pop claps": {
        "kick": "X...x...X..xx...",
        "clap": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.xx",
    },
    "pop ballad": {
        "kick": "X......xx.......",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.x.",
        "tambourine": "....x.......x...",
    },
    "boom bap": {
        "kick": "X.....x...X.....",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "boom bap lazy": {
        "kick": "X..x.....xX.....",
        "snare": "....X..o....X..o",
        "closed hat": "x.o.x.o.x.oox.o.",
    },
    "trap": {
        "kick": "X.........x..x..",
        "clap": "........X.......",
        "closed hat": "x.x.x.x.x.x.xxx.x.x.x.xxx.x.xxxx",
        "open hat": "..............x.",
    },
    "one drop": {
        "kick": "........X.......",
        "rim": "........X.......",
        "closed hat": "x.x.X.x.x.x.X.xo",
    },
    "rockers": {
        "kick": "X.x.x.x.X.x.x.x.",
        "rim": "........X.......",
        "closed hat": "..x...x...x...x.",
    },
    "steppers": {
        "kick": "X...X...X...X...",
        "rim": "...x..x.....x...",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "shuffle": {
        "kick": "X...x..x",
        "snare": "..X...X.",
        "closed hat": "XoXoXoXo",
    },
    "slow shuffle": {
        "kick": "X....x..",
        "snare": "..X...X.",
        "ride": "x.xxx.xx",
        "pedal hat": "..x...x.",
    },
    "swing": {
        "kick": "o...o...",
        "ride": "X.xxX.xx",
        "pedal hat": "..x...x.",
        "snare": "...o...o",
    },
    "brushes": {
        "snare": "xoXoxoXo",
        "pedal hat": "..x...x.",
        "ride": "x.x.x.xx",
    },
    "bossa": {
        "kick": "x..xx..xx..xx..x",
        "rim": "x..x..x...x..x..",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "train beat": {
        "kick": "X.......X.......",
        "snare": "xoxoXoxoxoxoXoxo",
        "pedal hat": "....x.......x...",
    },
    "two step": {
        "kick": "X.......X.......",
        "snare": "....X.......X...",
        "closed hat": "x.x.x.x.x.x.x.x.",
    },
    "march": {
        "kick": "x.......x.......",
        "snare": "x.oox.oox.oooooo",
    },
    "concert": {
        "kick": "o.......o.......",
        "low tom": "............oooo",
    },
}
FILLS = (
    {"snare": "oooxxxXX", "kick": "x...x..."},
    {"high tom": "xx......", "mid tom": "..xx....", "low tom": "....xx..", "floor tom": "......xX"},
    {"snare": "x..x..x.", "kick": ".x..x..x"},
    {"snare": "X.xx....", "floor tom": "....x.xX"},
    {"open hat": "......X.", "snare": "....x..x"},
)
_VELOCITIES = {"X": 116, "x": 94, "o": 56}
_FILL_BEATS = 2.0


def play_drums(groove, form, rng, *, fills=0.7, crashes=True):
    """Return the drum notes of a song: a groove, fills before new sections, crashes at their start.

    Parameters
    ----------
    groove : str
        Key of :data:`GROOVES`.
    form : sequence of Section
    rng : numpy.random.Generator
    fills : float, default=0.7
        Probability of a fill at the end of a section.
    crashes : bool, default=True
        Whether a section opens with a crash cymbal.

    Returns
    -------
    list of Note
    """
    notes = []
    for section in form:
        fill_start = section.end - _FILL_BEATS if rng.random() < fills else section.end
        for bar in section.bars:
            strokes = _bar(GROOVES[groove], bar * BEATS_PER_BAR, BEATS_PER_BAR)
            notes += [n for n in _vary(strokes, rng) if n.start < fill_start]
        if fill_start < section.end:
            notes += _bar(FILLS[rng.integers(len(FILLS))], fill_start, _FILL_BEATS)
        if crashes and section.name != "intro":
            notes.append(Note(section.start, 1.0, DRUMS["crash"], 100))
    return notes


def _bar(voices, start, beats):
    """Return the notes of a pattern of several voices, scaled to ``beats`` from ``start``."""
    scale = beats / BEATS_PER_BAR
    return [
        Note(start + step.start * scale, 0.25, DRUMS[voice], _VELOCITIES[step.symbol])
        for voice, pattern in voices.items()
        for step in read_bar(pattern)
    ]


def _vary(strokes, rng):
    """Drop a few unaccented strokes at random, so that bars differ."""
    is_played = rng.random(len(strokes)) > 0.06
    return [n for n, played in zip(strokes, is_played, strict=True) if played or n.velocity > 100]
