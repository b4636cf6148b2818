"""Parts of a song: drums, bass lines, chord accompaniment and lead melodies."""

import numpy as np

from .harmony import SCALES, chord_at, nearest, voice
from .music import BASS_LINES, CHORD_PATTERNS, DRUMS, FILLS, GROOVES, LEAD_RHYTHMS
from .score import BEATS_PER_BAR, Note, read_bar

_DEGREES = {"1": 0, "5": 7, "6": 9, "8": 12}
_THIRDS = (3, 4, 5)
_SEVENTHS = (10, 11)


def play_bass(line, spans, n_bars, rng, *, centre=38):
    """Return the notes of a bass line under a progression.

    Parameters
    ----------
    line : str
        Name of a bass line in ``music.yaml``.
    spans : list of Span
        The chords of the song.
    n_bars : int
    rng : numpy.random.Generator
    centre : int, default=38
        MIDI pitch near which the roots are.

    Returns
    -------
    list of Note
    """
    notes = []
    for bar in range(n_bars):
        for step in read_bar(BASS_LINES[line]):
            start = bar * BEATS_PER_BAR + step.start
            chord = chord_at(spans, start)
            next_chord = chord_at(spans, start + step.length)
            pitch = _degree(step.symbol, chord, next_chord, centre, rng)
            velocity = 104 if step.start % 2 == 0 else 90
            notes.append(Note(start, step.length * 0.92, pitch, velocity))
    return notes


def _degree(symbol, chord, next_chord, centre, rng):
    """Return the MIDI pitch of a degree."""
    root = nearest(chord.root, centre)
    if symbol == "a":
        return nearest(next_chord.root, centre) + int(rng.choice([-1, 1]))
    if symbol == "3":
        return root + _first_of(_THIRDS, chord, otherwise=7)
    if symbol == "7":
        return root + _first_of(_SEVENTHS, chord, otherwise=10)
    if symbol == "5" and 6 in chord.intervals:
        return root + 6
    return root + _DEGREES[symbol]


def _first_of(intervals, chord, otherwise):
    return next((i for i in intervals if i in chord.intervals), otherwise)


_VELOCITIES = {"X": 104, "x": 90, "o": 62}
# Strings are strummed one after the other: beats between two of them.
_STRUM = 0.015


def comp(pattern, spans, n_bars, *, centre):
    """Return the notes of a chord accompaniment in one pattern.

    Parameters
    ----------
    pattern : str
        Name of a chord pattern in ``music.yaml``.
    spans : list of Span
        The chords of the song.
    n_bars : int
    centre : int
        MIDI pitch in the middle of the voicings.

    Returns
    -------
    list of Note
    """
    notes = []
    for bar in range(n_bars):
        for step in read_bar(CHORD_PATTERNS[pattern]):
            start = bar * BEATS_PER_BAR + step.start
            chord = chord_at(spans, start)
            notes += _chord_notes(step, start, chord, centre)
    return notes


def _chord_notes(step, start, chord, centre):
    """Return the notes of one symbol of a pattern."""
    voicing = voice(chord, centre)
    length = step.length * 0.95
    if step.symbol == "b":
        return [Note(start, length, nearest(chord.root, centre - 12), 92)]
    if step.symbol.isdigit():
        pitches = [*voicing, voicing[0] + 12]
        return [Note(start, length, pitches[(int(step.symbol) - 1) % len(pitches)], 84)]
    velocity = _VELOCITIES[step.symbol]
    return [Note(start + i * _STRUM, length, pitch, velocity) for i, pitch in enumerate(voicing)]


_PHRASE = (0, 1, 0, 2)


def compose_lead(cells, spans, form, scale, tonic, rng, *, centre, leap=2):
    """Compose the lead melody of a song, which has no intro.

    Parameters
    ----------
    cells : str
        Name of a family of rhythms in ``music.yaml``.
    spans : list of Span
        The chords of the song.
    form : sequence of Section
    scale : str
        Key of :data:`stemstack.datasets.demo.harmony.SCALES`.
    tonic : int
        Pitch class of the key.
    rng : numpy.random.Generator
    centre : int
        MIDI pitch in the middle of the range, which extends an octave up and down.
    leap : int, default=2
        The largest step of the random walk, in scale degrees.

    Returns
    -------
    list of Note
    """
    pitches = _scale_pitches(scale, tonic, centre)
    rhythms = rng.choice(LEAD_RHYTHMS[cells], size=3)
    position, notes = len(pitches) // 2, []
    for section in form:
        if section.name == "intro":
            continue
        # A chorus is higher and louder than a verse.
        lift = 1 if section.name == "chorus" else 0
        for bar in section.bars:
            rhythm = str(rhythms[_PHRASE[(bar - section.first_bar) % len(_PHRASE)]])
            for step in read_bar(rhythm):
                start = bar * BEATS_PER_BAR + step.start
                position = _walk(position, leap, lift, len(pitches), rng)
                pitch = _resolve(pitches[position], step, chord_at(spans, start))
                notes.append(Note(start, step.length * 0.93, pitch, 92 + 10 * lift))
    return notes


def _scale_pitches(scale, tonic, centre):
    """Return the pitches of a scale within an octave of ``centre``."""
    pitch_classes = {(tonic + step) % 12 for step in SCALES[scale]}
    return [pitch for pitch in range(centre - 12, centre + 13) if pitch % 12 in pitch_classes]


def _walk(position, leap, lift, size, rng):
    """Take a random step in the scale, biased to its middle (to two thirds in a chorus)."""
    target = size // 2 + lift * size // 6
    bias = np.sign(target - position) if rng.random() < 0.25 else 0
    return int(np.clip(position + rng.integers(-leap, leap + 1) + bias, 0, size - 1))


def _resolve(pitch, step, chord):
    """Move a long note on a strong beat to the nearest chord tone."""
    if step.start % 2 != 0 or step.length < 0.5:
        return pitch
    moves = sorted(range(-6, 6), key=abs)
    return next(pitch + move for move in moves if (pitch + move) % 12 in chord.pitch_classes)


_STROKE_VELOCITIES = {"X": 116, "x": 94, "o": 56}
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
            strokes = _scaled_bar(GROOVES[groove], bar * BEATS_PER_BAR, BEATS_PER_BAR)
            notes += [n for n in _drop_strokes(strokes, rng) if n.start < fill_start]
        if fill_start < section.end:
            notes += _scaled_bar(FILLS[rng.integers(len(FILLS))], fill_start, _FILL_BEATS)
        if crashes and section.name != "intro":
            notes.append(Note(section.start, 1.0, DRUMS["crash"], 100))
    return notes


def _scaled_bar(voices, start, beats):
    """Return the notes of a pattern of several voices, scaled to ``beats`` from ``start``."""
    scale = beats / BEATS_PER_BAR
    return [
        Note(start + step.start * scale, 0.25, DRUMS[voice], _STROKE_VELOCITIES[step.symbol])
        for voice, pattern in voices.items()
        for step in read_bar(pattern)
    ]


def _drop_strokes(strokes, rng):
    """Drop a few unaccented strokes at random, so that bars differ."""
    is_played = rng.random(len(strokes)) > 0.06
    return [n for n, played in zip(strokes, is_played, strict=True) if played or n.velocity > 100]
