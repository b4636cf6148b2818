"""What a composed song is before it is sound: notes in beats, gathered in parts and stems.

Conventions: time is in quarter-note beats from the song's start, every bar has four of them,
pitches are MIDI numbers (60 is middle C) and velocities run from 1 to 127.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

BEATS_PER_BAR = 4.0


class Note(NamedTuple):
    """One note: ``start`` and ``duration`` in beats, ``pitch`` and ``velocity`` as in MIDI."""

    start: float
    duration: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Part:
    """The notes of one player: an instrument's name, where it stands, and whether it is a kit."""

    instrument: str
    notes: tuple[Note, ...]
    pan: int = 64
    is_kit: bool = False


@dataclass(frozen=True)
class Score:
    """A song ready to be rendered: its tempo, its length and the parts of every stem."""

    bpm: float
    seconds: float
    stems: dict[str, tuple[Part, ...]]


class Step(NamedTuple):
    """One event of a written pattern: ``start`` and ``length`` in beats of its bar."""

    start: float
    length: float
    symbol: str


@cache
def read_bar(pattern):
    """Read a one-bar pattern written one character a step.

    Parameters
    ----------
    pattern : str
        As many steps as it has characters, sharing the bar evenly: ``.`` rests, ``-`` holds
        what sounds, any other character strikes.

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
