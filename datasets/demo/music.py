"""Styles of the ten genres and musical tables of the demo songs, read from ``music.yaml``."""

from dataclasses import dataclass
from pathlib import Path

import yaml

# The C loader, where PyYAML has it, takes a seventh of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MUSIC = yaml.load(Path(__file__).with_name("music.yaml").read_text(encoding="utf-8"), _LOADER)

PROGRAMS, KITS, DRUMS = MUSIC["programs"], MUSIC["kits"], MUSIC["drums"]
GROOVES, FILLS = MUSIC["grooves"], MUSIC["fills"]
BASS_LINES, CHORD_PATTERNS = MUSIC["bass_lines"], MUSIC["chord_patterns"]
LEAD_RHYTHMS = MUSIC["lead_rhythms"]
ROLES = ("drums", "bass", "comp", "layer", "lead")


@dataclass(frozen=True)
class Style:
    """Musical choices of one genre.

    A *player* is a pair: an instrument and the name of a pattern in ``music.yaml``. Each
    song samples every choice independently, sometimes from a neighbour's style instead of its own,
    so that no single trait identifies a genre.

    Parameters
    ----------
    tempo : (float, float)
        Slowest and fastest, in beats per minute.
    swing : (float, float)
        Position of the second of two equal notes between the beats, lowest and highest: 0.5 is
        straight, 0.67 a triplet shuffle.
    swing_unit : float
        Length in beats of the pair that swings: 1 for eighths, 0.5 for sixteenths.
    tunes : dict of str to tuple of str
        Progressions in Roman numerals, by mode, which is a key of the scales in ``harmony``.
    drums, bass, comp, layer, lead : tuple of (str, str)
        Possible players of each role. The ``layer`` joins the chords in the chorus, and the
        ``lead`` is the vocals stem.
    loudness : (float, float)
        RMS of the mix in dBFS: mean and standard deviation over songs.
    balance : dict of str to float
        Level of each stem relative to the mix, in dB.
    drive : (float, float)
        Overdrive of the chords, 0 (clean) to 1 (saturated).
    brightness : float
        Gain of a shelf above 1 kHz, applied to the whole song, in dB.
    silent, resting : dict of str to float
        Probability that a stem is digital silence, and that it has a long rest.
    looseness : float
        Standard deviation of the players' timing, in seconds.
    neighbours : tuple of str
        Genres whose style songs may borrow from.
    """

    tempo: tuple[float, float]
    tunes: dict[str, tuple[str, ...]]
    drums: tuple[tuple[str, str], ...]
    bass: tuple[tuple[str, str], ...]
    comp: tuple[tuple[str, str], ...]
    layer: tuple[tuple[str, str], ...]
    lead: tuple[tuple[str, str], ...]
    loudness: tuple[float, float]
    balance: dict[str, float]
    silent: dict[str, float]
    resting: dict[str, float]
    neighbours: tuple[str, ...]
    swing: tuple[float, float] = (0.5, 0.5)
    swing_unit: float = 1.0
    drive: tuple[float, float] = (0.0, 0.0)
    brightness: float = 0.0
    looseness: float = 0.008


def parse_players(patterns):
    """Return the players of a role.

    Parameters
    ----------
    patterns : dict of str to str
        The patterns that each instrument may play, separated by commas.

    Returns
    -------
    tuple of (str, str)
        Instrument and pattern, in the order given.

    Examples
    --------
    >>> parse_players({"piano": "pad, loop"})
    (('piano', 'pad'), ('piano', 'loop'))
    """
    return tuple(
        (instrument, name) for instrument, names in patterns.items() for name in names.split(", ")
    )


def _make_style(values):
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    fields |= {role: parse_players(values[role]) for role in ROLES}
    fields["tunes"] = {mode: tuple(tunes) for mode, tunes in values["tunes"].items()}
    return Style(**fields)


STYLES = {genre: _make_style(values) for genre, values in MUSIC["styles"].items()}
GENRES = tuple(STYLES)
