"""What a genre's style says: the choices a song of that genre is drawn from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """The choices of one genre, in a musician's words.

    A *player* is a pair: an instrument and what it plays, a name of the tables in ``drums``,
    ``bass``, ``comping`` or ``melody``. Every song draws each choice anew, now and then from a
    neighbour's style instead of its own, which is why no single trait gives a genre away.

    Parameters
    ----------
    tempo : (float, float)
        Slowest and fastest, in beats a minute.
    swing : (float, float)
        Where the second of two equal notes falls between the beats: 0.5 is straight, 0.67 a
        triplet shuffle.
    swung : float
        The length in beats of the pair that swings: 1 swings eighths, 0.5 sixteenths.
    tunes : dict of str to tuple of str
        By mode, a name of the scales in ``harmony``: progressions in Roman numerals.
    drums, bass, comp, layer, lead : tuple of (str, str)
        The players who may take each role. The chorus adds the ``layer`` to the chords, and the
        ``lead`` sings the vocals stem.
    loudness : (float, float)
        RMS of the mix in dBFS: mean and standard deviation over songs.
    balance : dict of str to float
        Level of each stem against the mix, in dB.
    drive : (float, float)
        Overdrive of the chords, 0 (clean) to 1 (saturated).
    brightness : float
        Shelf above 1 kHz put on the whole song, in dB.
    silent, resting : dict of str to float
        Probability that a stem is digital silence, and that it rests for a good while.
    looseness : float
        Standard deviation of the players' timing, in seconds.
    neighbours : tuple of str
        The genres it borrows from.
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
    swung: float = 1.0
    drive: tuple[float, float] = (0.0, 0.0)
    brightness: float = 0.0
    looseness: float = 0.008


def players(*lines):
    """Read a role's players from lines such as ``"piano: charleston, quarters"``.

    Parameters
    ----------
    *lines : str
        An instrument, a colon, and the patterns it may play, separated by commas.

    Returns
    -------
    tuple of (str, str)
        Instrument and pattern, in the order written.
    """
    pairs = []
    for line in lines:
        instrument, patterns = line.split(": ")
        pairs += [(instrument, pattern) for pattern in patterns.split(", ")]
    return tuple(pairs)
