"""Plan of one song: all choices of its genre's style, sampled into plain data.

Sampling is separate from composing, so that the sampled choices can be inspected.
"""

from dataclasses import dataclass

import numpy as np

from .music import ROLES, STYLES

STEMS = ("drums", "vocals", "bass", "other")
# Probability that a trait comes from a neighbouring genre instead of the song's own.
BORROWING = 0.08
# Length relative to the requested one; the competition's excerpts of 30 s have 29.9-30.7 s.
_LENGTH = (0.995, 1.02)
_STEM_LEVEL_SD = 1.5
_BRIGHTNESS_SD = 1.5
_RESTING_SHARE = (0.2, 0.6)
_TRANSPOSITION = 3
# Share of a genre's tempo range, from below, that belongs to the domain "seen".
_SEEN_TEMPOS = 0.65
DOMAINS = ("seen", "unseen")


@dataclass(frozen=True)
class SongPlan:
    """Sampled choices of one song.

    Parameters
    ----------
    seconds, bpm : float
    swing, swing_unit : float
        Position of the second of two equal notes between the beats, and length in beats of the pair
        that swings.
    tonic : int
        Pitch class of the key.
    mode, progression : str
    drums, bass, comp, layer, lead : (str, str)
        Instrument and pattern.
    transposition : int
        Semitones by which the ranges of chords and lead are moved.
    looseness : float
        Standard deviation of the timing, in seconds.
    levels : dict of str to float
        RMS of each stem in dBFS; ``-inf`` for digital silence.
    rests : dict of str to (float, float)
        Start and end of a stem's rest, as shares of the song.
    drive, brightness : float
        Overdrive of the chords in [0, 1], and gain of a shelf above 1 kHz in dB.
    """

    seconds: float
    bpm: float
    swing: float
    swing_unit: float
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


def sample_plan(genre, seconds, rng, domain=None):
    """Sample the plan of a song.

    Parameters
    ----------
    genre : str
        One of :data:`~stemstack.datasets.demo.music.GENRES`.
    seconds : float
        Approximate length; the sampled one is within -0.5 % and +2 %.
    rng : numpy.random.Generator
    domain : {"seen", "unseen"}, optional
        Restrict tempo and instruments to those that songs of the other domain never have, except by
        borrowing: the slower or the faster tempos, and, of each role with more than one
        instrument, all but the last instrument or only the last. No restriction by default.

    Returns
    -------
    SongPlan
    """
    own = STYLES[genre]
    feel, colour = _own_or_neighbour(own, rng), _own_or_neighbour(own, rng)
    mode, progression = _sample_tune(_own_or_neighbour(own, rng), rng)
    return SongPlan(
        seconds=seconds * rng.uniform(*_LENGTH),
        bpm=rng.uniform(*_tempos_of(_own_or_neighbour(own, rng), domain)),
        swing=rng.uniform(*feel.swing),
        swing_unit=feel.swing_unit,
        tonic=int(rng.integers(12)),
        mode=mode,
        progression=progression,
        **{
            role: _pick(_players_of(getattr(_own_or_neighbour(own, rng), role), domain), rng)
            for role in ROLES
        },
        transposition=int(rng.integers(-_TRANSPOSITION, _TRANSPOSITION + 1)),
        looseness=own.looseness * rng.uniform(0.5, 1.5),
        levels=_sample_levels(own, rng),
        rests=_sample_rests(own, rng),
        drive=rng.uniform(*colour.drive),
        brightness=rng.normal(colour.brightness, _BRIGHTNESS_SD),
    )


def _own_or_neighbour(style, rng):
    """Return the style itself or, with a small probability, that of a neighbour."""
    return STYLES[str(rng.choice(style.neighbours))] if rng.random() < BORROWING else style


def _tempos_of(style, domain):
    """Return the tempo range of a domain."""
    low, high = style.tempo
    between = low + _SEEN_TEMPOS * (high - low)
    return {None: (low, high), "seen": (low, between), "unseen": (between, high)}[domain]


def _players_of(choices, domain):
    """Return the players of a domain; a role with a single instrument is in both domains."""
    instruments = list(dict.fromkeys(instrument for instrument, _ in choices))
    if domain is None or len(instruments) == 1:
        return choices
    allowed = instruments[:-1] if domain == "seen" else instruments[-1:]
    return [choice for choice in choices if choice[0] in allowed]


def _pick(choices, rng):
    return choices[rng.integers(len(choices))]


def _sample_tune(style, rng):
    tunes = [(mode, tune) for mode, progressions in style.tunes.items() for tune in progressions]
    return _pick(tunes, rng)


def _sample_levels(style, rng):
    """Sample the level of each stem in dBFS."""
    mix = rng.normal(*style.loudness)
    levels = {}
    for stem in STEMS:
        level = mix + style.balance[stem] + rng.normal(0, _STEM_LEVEL_SD)
        levels[stem] = -np.inf if rng.random() < style.silent.get(stem, 0) else level
    return levels


def _sample_rests(style, rng):
    """Sample the start and end of the rest of each resting stem, as shares of the song."""
    rests = {}
    for stem in STEMS:
        length = rng.uniform(*_RESTING_SHARE)
        start = rng.choice([0.0, 1 - length, rng.uniform(0, 1 - length)])
        if rng.random() < style.resting.get(stem, 0):
            rests[stem] = (float(start), float(start + length))
    return rests
