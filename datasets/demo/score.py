"""Score of a song: notes in beats, grouped in parts and stems.

Conventions: time is in quarter-note beats from the song's start, every bar has four of them,
pitches are MIDI numbers (60 is middle C) and velocities run from 1 to 127.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

BEATS_PER_BAR = 4.0


class Note(NamedTuple):
    """Note: ``start`` and ``duration`` in beats, ``pitch`` and ``velocity`` as in MIDI."""

    start: float
    duration: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Part:
    """Notes of one instrument: its name, its pan (0 left, 127 right), and whether it is a kit."""

    instrument: str
    notes: tuple[Note, ...]
    pan: int = 64
    is_kit: bool = False


@dataclass(frozen=True)
class Score:
    """Song ready to be rendered: tempo, length in seconds, and the parts of each stem."""

    bpm: float
    seconds: float
    stems: dict[str, tuple[Part, ...]]


class Step(NamedTuple):
    """Event of a pattern: ``start`` and ``length`` in beats of its bar."""

    start: float
    length: float
    symbol: str


@cache
def read_bar(pattern):
    """Parse a one-bar pattern with one character per step.

    Parameters
    ----------
    pattern : str
        The steps divide the bar evenly: ``.`` rests, ``-`` holds the previous step, any other
        character starts a note.

    Returns
    -------
    tuple of Step

    Examples
    --------
    >>> [tuple(step) for step in read_bar("x-.5")]
    [(0.0, 2.0, 'x'), (3.0, 1.0, '5')]
    """
    length = BEATS_PER_BAR / len(pattern)
    steps = []
    for index, symbol in enumerate(pattern):
        if symbol == "-":
            steps[-1] = steps[-1]._replace(length=steps[-1].length + length)
        elif symbol != ".":
            steps.append(Step(index * length, length, symbol))
    return tuple(steps)
