"""Drum part of a song: a groove with fills and crashes."""

from .music import DRUMS, FILLS, GROOVES
from .score import BEATS_PER_BAR, Note, read_bar

_VELOCITIES = {"X": 116, "x": 94, "o": 56}
_FILL_BEATS = 2.0


def play_drums(groove, form, rng, *, fills=0.7, crashes=True):
    """Return the drum notes of a song: a groove, fills before new sections, crashes at their start.

    Parameters
    ----------
    groove : str
        Name of a groove in ``music.yaml``.
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
