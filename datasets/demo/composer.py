"""Compose the score of a song: an intro, then alternating verses and choruses of four bars."""

import math
from dataclasses import dataclass, replace

import numpy as np

from .harmony import repeat_progression
from .parts import comp, compose_lead, play_bass, play_drums
from .plan import STEMS
from .score import BEATS_PER_BAR, Part, Score

_SECTION_BARS = 4
_INTRO_BARS = 2
# A shorter song goes straight to its first section.
_SHORTEST_WITH_INTRO = 8


@dataclass(frozen=True)
class Section:
    """Section of a song: ``"intro"``, ``"verse"`` or ``"chorus"``."""

    name: str
    first_bar: int
    n_bars: int

    @property
    def bars(self):
        """Numbers of the section's bars."""
        return range(self.first_bar, self.first_bar + self.n_bars)

    @property
    def start(self):
        """First beat of the section."""
        return self.first_bar * BEATS_PER_BAR

    @property
    def end(self):
        """Beat after the last one of the section."""
        return (self.first_bar + self.n_bars) * BEATS_PER_BAR


def sample_form(n_bars, rng, *, intro=0.4):
    """Sample the sections of a song.

    Parameters
    ----------
    n_bars : int
    rng : numpy.random.Generator
    intro : float, default=0.4
        Probability of an intro of two bars in a song of eight bars or more.

    Returns
    -------
    tuple of Section
        They cover the bars 0 to ``n_bars - 1`` without gaps.
    """
    sections, bar = [], 0
    if rng.random() < intro and n_bars >= _SHORTEST_WITH_INTRO:
        sections.append(Section("intro", 0, _INTRO_BARS))
        bar = _INTRO_BARS
    names = ("verse", "chorus") if rng.random() < 0.5 else ("chorus", "verse")
    while bar < n_bars:
        length = min(_SECTION_BARS, n_bars - bar)
        sections.append(Section(names[0], bar, length))
        names = names[::-1]
        bar += length
    return tuple(sections)


_BASS_CENTRE, _COMP_CENTRE, _LAYER_CENTRE, _LEAD_CENTRE = 38, 57, 66, 68
_VELOCITY_SD = 6
# Semitones by which low instruments are below the lead range.
_LOW_LEADS = {"tenor sax": -7, "trombone": -14, "solo voice": -5, "overdriven guitar": -5}
_COMP_PAN, _LAYER_PAN = 44, 84


def compose(plan, rng):
    """Compose the score of a song.

    Parameters
    ----------
    plan : SongPlan
    rng : numpy.random.Generator

    Returns
    -------
    Score
        With the four stems, in the competition's order. Silent stems have no notes.
    """
    n_bars = math.ceil(plan.seconds * plan.bpm / 60 / BEATS_PER_BAR)
    form = sample_form(n_bars, rng)
    spans = repeat_progression(plan.progression, plan.tonic, n_bars)
    parts = {
        "drums": (_drums(plan, form, rng),),
        "vocals": (_lead(plan, spans, form, rng),),
        "bass": (_bass(plan, spans, n_bars, rng),),
        "other": (_comp(plan, spans, n_bars), _layer(plan, spans, form, n_bars)),
    }
    stems = {s: tuple(_perform(part, s, plan, rng) for part in parts[s]) for s in STEMS}
    return Score(plan.bpm, plan.seconds, stems)


def _drums(plan, form, rng):
    kit, groove = plan.drums
    loud = kit != "orchestra kit"
    notes = play_drums(groove, form, rng, fills=0.7 if loud else 0.2, crashes=loud)
    return Part(kit, tuple(notes), is_kit=True)


def _bass(plan, spans, n_bars, rng):
    instrument, line = plan.bass
    return Part(instrument, tuple(play_bass(line, spans, n_bars, rng, centre=_BASS_CENTRE)))


def _comp(plan, spans, n_bars):
    instrument, pattern = plan.comp
    notes = comp(pattern, spans, n_bars, centre=_COMP_CENTRE + plan.transposition)
    return Part(instrument, tuple(notes), pan=_COMP_PAN)


def _layer(plan, spans, form, n_bars):
    """Return the part of the second chordal instrument, which plays in the choruses only."""
    instrument, pattern = plan.layer
    choruses = [section for section in form if section.name == "chorus"]
    notes = [
        note
        for note in comp(pattern, spans, n_bars, centre=_LAYER_CENTRE + plan.transposition)
        if any(section.start <= note.start < section.end for section in choruses)
    ]
    return Part(instrument, tuple(notes), pan=_LAYER_PAN)


def _lead(plan, spans, form, rng):
    instrument, cells = plan.lead
    centre = _LEAD_CENTRE + plan.transposition + _LOW_LEADS.get(instrument, 0)
    notes = compose_lead(cells, spans, form, plan.mode, plan.tonic, rng, centre=centre)
    return Part(instrument, tuple(notes))


def _perform(part, stem, plan, rng):
    """Remove resting notes, apply swing, and randomise timing and velocity."""
    notes = _without_rests(part.notes, stem, plan)
    delays = rng.normal(0, plan.looseness * plan.bpm / 60, len(notes))
    velocity_offsets = rng.normal(0, _VELOCITY_SD, len(notes))
    performed = [
        note._replace(
            start=max(0.0, swing(note.start, plan.swing, plan.swing_unit) + delay),
            velocity=int(np.clip(round(note.velocity + offset), 1, 127)),
        )
        for note, delay, offset in zip(notes, delays, velocity_offsets, strict=True)
    ]
    return replace(part, notes=tuple(sorted(performed)))


def _without_rests(notes, stem, plan):
    """Return the notes within the song at which the stem does not rest."""
    if math.isinf(plan.levels[stem]):
        return []
    beats = plan.seconds * plan.bpm / 60
    rest_from, rest_to = (share * beats for share in plan.rests.get(stem, (0.0, 0.0)))
    return [
        note
        for note in notes
        if note.start < beats
        and not (note.start < rest_to and note.start + note.duration > rest_from)
    ]


def swing(beat, ratio, unit=1.0):
    """Apply swing to a position in beats.

    Parameters
    ----------
    beat : float
        Position in straight time.
    ratio : float
        New position of the middle of a pair of notes, as a share of the pair: 0.5 is straight, 0.67
        a triplet shuffle.
    unit : float, default=1
        Length of the pair in beats.

    Returns
    -------
    float

    Examples
    --------
    >>> swing(2.5, 0.6), swing(3.0, 0.6)
    (2.6, 3.0)
    """
    pair, position = divmod(beat / unit, 1.0)
    if position < 0.5:
        warped = position * ratio / 0.5
    else:
        warped = ratio + (position - 0.5) * (1 - ratio) / 0.5
    return (pair + warped) * unit
