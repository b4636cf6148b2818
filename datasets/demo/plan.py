"""The plan of one song: every choice its genre left open, drawn once and kept as plain data.

Drawing comes first and composing afterwards, so what was drawn can be looked at.
"""

from dataclasses import dataclass

import numpy as np

from .genres import STYLES

STEMS = ("drums", "vocals", "bass", "other")
# How often a single trait comes from a neighbouring genre instead of the song's own.
BORROWING = 0.08
# The excerpts of the real songs are 29.9-30.7 s long where 30 s are asked for.
_LENGTH = (0.995, 1.02)
_STEM_LEVEL_SD = 1.5
_BRIGHTNESS_SD = 1.5
_RESTING_SHARE = (0.2, 0.6)
_TRANSPOSITION = 3
# Where songs are held apart: the share of a genre's tempo range, from below, of those seen.
_SEEN_TEMPOS = 0.65
SIDES = ("seen", "unseen")


@dataclass(frozen=True)
class SongPlan:
    """One song's concrete choices.

    Parameters
    ----------
    seconds, bpm : float
    swing, swung : float
        As in :class:`~stemstack.datasets.demo.genres.Style`, but drawn.
    tonic : int
        Pitch class of the key.
    mode, progression : str
    drums, bass, comp, layer, lead : (str, str)
        Instrument and pattern.
    transposition : int
        Semitones the chords' and the lead's range is moved by.
    looseness : float
        Standard deviation of the timing, in seconds.
    levels : dict of str to float
        RMS of each stem in dBFS; ``-inf`` for a stem that is digital silence.
    rests : dict of str to (float, float)
        The share of the song, from and to, in which a stem rests.
    drive, brightness : float
        As in :class:`~stemstack.datasets.demo.genres.Style`, but drawn.
    """

    seconds: float
    bpm: float
    swing: float
    swung: float
    tonic: int
    mode: str
    progression: str
    drums: tuple[str, str]
    bass: tuple[str, str]
    comp: tuple[str, str]
    layer: tuple[str, str]
    lead: tuple[str, str]
    transposition: int
    looseness: float
    levels: dict[str, float]
    rests: dict[str, tuple[float, float]]
    drive: float
    brightness: float


def sample_plan(genre, seconds, rng, side=None):
    """Draw a song of a genre.

    Parameters
    ----------
    genre : str
        One of :data:`~stemstack.datasets.demo.genres.GENRES`.
    seconds : float
        About how long; the draw is within -0.5 % and +2 %.
    rng : numpy.random.Generator
    side : {"seen", "unseen"}, optional
        Draw only what the genre's songs of the other side never have, what is borrowed apart: the
        slower tempos or the faster ones, and of each role that more than one instrument may play
        all but the last or the last. Everything, by default.

    Returns
    -------
    SongPlan
    """
    own = STYLES[genre]
    feel, colour = _own_or_neighbour(own, rng), _own_or_neighbour(own, rng)
    mode, progression = _sample_tune(_own_or_neighbour(own, rng), rng)
    roles = ("drums", "bass", "comp", "layer", "lead")
    return SongPlan(
        seconds=seconds * rng.uniform(*_LENGTH),
        bpm=rng.uniform(*_tempos_of(_own_or_neighbour(own, rng), side)),
        swing=rng.uniform(*feel.swing),
        swung=feel.swung,
        tonic=int(rng.integers(12)),
        mode=mode,
        progression=progression,
        **{
            role: _pick(_players_of(getattr(_own_or_neighbour(own, rng), role), side), rng)
            for role in roles
        },
        transposition=int(rng.integers(-_TRANSPOSITION, _TRANSPOSITION + 1)),
        looseness=own.looseness * rng.uniform(0.5, 1.5),
        levels=_sample_levels(own, rng),
        rests=_sample_rests(own, rng),
        drive=rng.uniform(*colour.drive),
        brightness=rng.normal(colour.brightness, _BRIGHTNESS_SD),
    )


def _own_or_neighbour(style, rng):
    """The style itself, or now and then one of its neighbours'."""
    return STYLES[str(rng.choice(style.neighbours))] if rng.random() < BORROWING else style


def _tempos_of(style, side):
    """The range of tempos of a side."""
    low, high = style.tempo
    between = low + _SEEN_TEMPOS * (high - low)
    return {None: (low, high), "seen": (low, between), "unseen": (between, high)}[side]


def _players_of(choices, side):
    """The instruments of a side, each with its patterns; a role played by one is on both."""
    instruments = list(dict.fromkeys(instrument for instrument, _ in choices))
    if side is None or len(instruments) == 1:
        return choices
    kept = instruments[:-1] if side == "seen" else instruments[-1:]
    return [choice for choice in choices if choice[0] in kept]


def _pick(choices, rng):
    return choices[rng.integers(len(choices))]


def _sample_tune(style, rng):
    tunes = [(mode, tune) for mode, written in style.tunes.items() for tune in written]
    return _pick(tunes, rng)


def _sample_levels(style, rng):
    """The level of each stem in dBFS."""
    mix = rng.normal(*style.loudness)
    levels = {}
    for stem in STEMS:
        level = mix + style.balance[stem] + rng.normal(0, _STEM_LEVEL_SD)
        levels[stem] = -np.inf if rng.random() < style.silent.get(stem, 0) else level
    return levels


def _sample_rests(style, rng):
    """The stretch in which each stem that rests does so, as shares of the song."""
    rests = {}
    for stem in STEMS:
        length = rng.uniform(*_RESTING_SHARE)
        start = rng.choice([0.0, 1 - length, rng.uniform(0, 1 - length)])
        if rng.random() < style.resting.get(stem, 0):
            rests[stem] = (float(start), float(start + length))
    return rests
