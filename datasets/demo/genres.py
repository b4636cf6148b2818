"""Styles of the ten genres: the choices that songs are sampled from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """Musical choices of one genre.

    A *player* is a pair: an instrument and the name of a pattern in ``drums`` or ``parts``. Each
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


def players(*lines):
    """Parse the players of a role from lines such as ``"piano: charleston, quarters"``.

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


STYLES = {
    "blues": Style(
        tempo=(66, 132),
        swing=(0.58, 0.67),
        tunes={
            "blues": (
                "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7",
                "I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7/IV7 I7/V7",
            ),
            "minor pentatonic": ("i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7",),
        },
        drums=players("standard kit: shuffle, slow shuffle", "room kit: shuffle"),
        bass=players("finger bass: boogie, blues shuffle", "upright bass: walking"),
        comp=players(
            "clean guitar: shuffle comp", "overdriven guitar: blues stabs", "piano: shuffle comp"
        ),
        layer=players("drawbar organ: pad, blues stabs"),
        lead=players("harmonica: calls", "overdriven guitar: calls", "tenor sax: calls"),
        loudness=(-21, 4.0),
        balance={"drums": -7, "vocals": -4, "bass": -6, "other": -4},
        drive=(0.0, 0.35),
        silent={"drums": 0.06, "vocals": 0.12, "bass": 0.08},
        resting={"drums": 0.1, "vocals": 0.3, "bass": 0.1, "other": 0.05},
        looseness=0.014,
        neighbours=("jazz", "rock", "country"),
    ),
    "classical": Style(
        tempo=(60, 144),
        tunes={
            "major": ("I IV V7 I", "I vi ii V7", "I V7/I IV/V7 I", "I IV viidim iii vi ii V7 I"),
            "harmonic minor": ("i iv V7 i", "i bVI iv V7", "i V7 i iv/V7"),
        },
        drums=players("orchestra kit: concert, march"),
        bass=players("contrabass: contrabass, roots", "cello: long notes"),
        comp=players(
            "piano: alberti",
            "strings: half notes",
            "slow strings: pad",
            "harp: arpeggio",
            "pizzicato: eighths",
        ),
        layer=players("strings: waltzing strings", "french horn: pad"),
        lead=players("violin: lyrical", "flute: lyrical", "choir: sustained", "oboe: lyrical"),
        loudness=(-34, 4.5),
        balance={"drums": -14, "vocals": -7, "bass": -9, "other": -2},
        brightness=-3.0,
        silent={"drums": 0.7, "vocals": 0.45, "bass": 0.3},
        resting={"drums": 0.25, "vocals": 0.4, "bass": 0.3, "other": 0.06},
        looseness=0.02,
        neighbours=("jazz", "pop"),
    ),
    "country": Style(
        tempo=(84, 142),
        swing=(0.5, 0.56),
        tunes={
            "major": ("I IV I V", "I I IV I V V I I", "I V vi IV", "I IV V I"),
            "mixolydian": ("I bVII IV I", "I7 IV7 I7 V7"),
        },
        drums=players("standard kit: train beat, two step", "room kit: train beat"),
        bass=players("finger bass: two beat, country walk", "pick bass: two beat"),
        comp=players("steel guitar: boom chick, strum", "banjo: banjo roll, travis picking"),
        layer=players("fiddle: pad", "honky-tonk: offbeats"),
        lead=players("fiddle: lyrical, calls", "solo voice: lyrical"),
        loudness=(-19, 3.0),
        balance={"drums": -8, "vocals": -4, "bass": -6, "other": -4},
        drive=(0.0, 0.15),
        brightness=2.0,
        silent={"drums": 0.06, "vocals": 0.04, "bass": 0.06},
        resting={"drums": 0.1, "vocals": 0.2, "bass": 0.1, "other": 0.04},
        neighbours=("rock", "blues", "pop"),
    ),
    "disco": Style(
        tempo=(104, 130),
        tunes={
            "minor": ("i bVII bVI bVII", "i7 i7 iv7 iv7", "i bVI bIII bVII"),
            "dorian": ("i7 IV7", "i9 i9 IV9 IV9"),
            "major": ("Imaj7 vi7 ii7 V7", "I V vi IV"),
        },
        drums=players(
            "standard kit: four on the floor, disco sixteenths", "room kit: disco congas"
        ),
        bass=players("finger bass: octaves, disco walk", "slap bass: funk"),
        comp=players(
            "clean guitar: disco chops", "muted guitar: funk chops", "clavinet: disco chops"
        ),
        layer=players("strings: waltzing strings", "brass: stabs"),
        lead=players("oohs: hook", "choir: shouts", "solo voice: syncopated"),
        loudness=(-17, 2.5),
        balance={"drums": -5, "vocals": -5, "bass": -5, "other": -6},
        brightness=3.0,
        silent={"vocals": 0.04},
        resting={"drums": 0.06, "vocals": 0.35, "bass": 0.1, "other": 0.05},
        looseness=0.006,
        neighbours=("pop", "hiphop", "reggae"),
    ),
    "hiphop": Style(
        tempo=(78, 112),
        swing=(0.5, 0.6),
        swing_unit=0.5,
        tunes={
            "minor": ("i i bVI bVI", "i i i i", "i bVII bVI V7", "i7 iv7"),
            "dorian": ("i7 IV7", "i9 i9"),
            "phrygian": ("i bII", "i i bII i"),
        },
        drums=players("808 kit: boom bap, trap", "electronic kit: boom bap lazy"),
        bass=players("synth bass: sub, pedal", "rubber bass: lazy sub"),
        comp=players("electric piano: loop", "piano: sparse loop", "synth strings: pad"),
        layer=players("brass: stabs", "vibraphone: arpeggio"),
        lead=players("synth voice: speech", "solo voice: speech", "square lead: speech"),
        loudness=(-12, 2.0),
        balance={"drums": -4, "vocals": -5, "bass": -4, "other": -9},
        brightness=-3.0,
        silent={"vocals": 0.03, "bass": 0.03},
        resting={"drums": 0.1, "vocals": 0.25, "bass": 0.15, "other": 0.1},
        looseness=0.008,
        neighbours=("pop", "disco", "reggae"),
    ),
    "jazz": Style(
        tempo=(76, 190),
        swing=(0.56, 0.67),
        tunes={
            "major": (
                "ii7 V7 Imaj7 vi7",
                "Imaj7/vi7 ii7/V7 iii7/vi7 ii7/V7",
                "Imaj9 ii7/V13 iii7 VI7",
                "ii9 V13 Imaj9 Imaj9",
            ),
            "dorian": ("i9 i9 i9 i9", "i7 i7 iv7 iv7"),
            "harmonic minor": ("ii7b5 V7 i7 i6", "i6 bVI7 ii7b5 V7"),
        },
        drums=players("jazz kit: swing, bossa", "brush kit: brushes, swing"),
        bass=players("upright bass: walking, walking up, bossa bass"),
        comp=players(
            "piano: charleston, charleston late", "jazz guitar: freddie green, bossa comp"
        ),
        layer=players("vibraphone: half notes", "brass: charleston late"),
        lead=players("tenor sax: bebop", "alto sax: bebop", "muted trumpet: lyrical"),
        loudness=(-28, 4.5),
        balance={"drums": -10, "vocals": -4, "bass": -6, "other": -5},
        brightness=-2.0,
        silent={"drums": 0.12, "vocals": 0.25, "bass": 0.08},
        resting={"drums": 0.15, "vocals": 0.4, "bass": 0.12, "other": 0.08},
        looseness=0.016,
        neighbours=("blues", "classical", "pop"),
    ),
    "metal": Style(
        tempo=(92, 176),
        tunes={
            "phrygian": ("i5 i5 bII5 i5", "i5 bII5 i5 bVII5"),
            "minor": ("i5 bVI5 bVII5 i5", "i5 i5 bVI5 bVII5", "i5 bIII5 bVI5 bVII5"),
        },
        drums=players("power kit: double kick, thrash, blast, breakdown"),
        bass=players("pick bass: gallop, sixteenths, chug rests"),
        comp=players("distortion guitar: chug, tremolo, power chords"),
        layer=players("overdriven guitar: power chords", "distortion guitar: pad"),
        lead=players("distortion guitar: riff", "solo voice: shouts", "charang: shouts"),
        loudness=(-14, 2.0),
        balance={"drums": -6, "vocals": -7, "bass": -8, "other": -3},
        drive=(0.4, 1.0),
        brightness=3.0,
        silent={"vocals": 0.06},
        resting={"drums": 0.06, "vocals": 0.45, "bass": 0.08, "other": 0.03},
        looseness=0.005,
        neighbours=("rock",),
    ),
    "pop": Style(
        tempo=(84, 130),
        tunes={
            "major": ("I V vi IV", "vi IV I V", "I vi IV V", "IV V iii vi"),
            "minor": ("i bVI bIII bVII", "i bVII bVI bVII"),
        },
        drums=players("electronic kit: pop claps, pop ballad, four on the floor"),
        bass=players("synth bass: eighths, syncopated roots, octaves"),
        comp=players(
            "piano: quarters", "poly synth: eighths, arpeggio", "electric piano: half notes"
        ),
        layer=players("strings: pad", "warm pad: pad"),
        lead=players("oohs: hook", "synth voice: hook", "solo voice: lyrical"),
        loudness=(-15, 2.5),
        balance={"drums": -6, "vocals": -3, "bass": -6, "other": -6},
        drive=(0.0, 0.1),
        brightness=3.0,
        silent={"drums": 0.03, "vocals": 0.02, "bass": 0.03},
        resting={"drums": 0.15, "vocals": 0.2, "bass": 0.15, "other": 0.05},
        looseness=0.006,
        neighbours=("disco", "rock", "hiphop", "country"),
    ),
    "reggae": Style(
        tempo=(66, 104),
        swing=(0.5, 0.62),
        tunes={
            "major": ("I IV", "I IV V IV", "I ii", "I V vi IV"),
            "minor": ("i iv", "i i iv iv", "i bVII i bVII"),
            "dorian": ("i7 IV7",),
        },
        drums=players("standard kit: one drop, rockers", "room kit: one drop, steppers"),
        bass=players("finger bass: one drop bass, roots reggae", "fretless bass: dub"),
        comp=players("clean guitar: skank", "muted guitar: double skank", "piano: offbeats"),
        layer=players("percussive organ: bubble organ", "brass: stabs"),
        lead=players("solo voice: syncopated", "oohs: calls", "trombone: calls"),
        loudness=(-18, 3.0),
        balance={"drums": -6, "vocals": -5, "bass": -3, "other": -8},
        brightness=-4.0,
        silent={"vocals": 0.05},
        resting={"drums": 0.1, "vocals": 0.3, "bass": 0.12, "other": 0.06},
        looseness=0.012,
        neighbours=("hiphop", "pop", "disco"),
    ),
    "rock": Style(
        tempo=(88, 164),
        tunes={
            "major": ("I IV V IV", "I V vi IV", "I5 IV5 V5 IV5"),
            "mixolydian": ("I bVII IV I", "I5 bVII5 IV5 I5"),
            "minor": ("i bVII bVI bVII", "i5 bVI5 bVII5 i5"),
            "minor pentatonic": ("i5 bIII5 IV5 i5",),
        },
        drums=players("power kit: backbeat, driving", "room kit: motorik, half time"),
        bass=players("pick bass: eighths, driving fifths", "finger bass: syncopated roots"),
        comp=players(
            "overdriven guitar: power chords, power eighths, strum", "clean guitar: busy strum"
        ),
        layer=players("rock organ: pad", "overdriven guitar: arpeggio"),
        lead=players("solo voice: shouts, lyrical", "overdriven guitar: riff"),
        loudness=(-17, 2.5),
        balance={"drums": -6, "vocals": -5, "bass": -7, "other": -4},
        drive=(0.1, 0.6),
        brightness=1.0,
        silent={"drums": 0.02, "vocals": 0.04, "bass": 0.02},
        resting={"drums": 0.1, "vocals": 0.3, "bass": 0.1, "other": 0.05},
        looseness=0.009,
        neighbours=("metal", "pop", "country", "blues"),
    ),
}
GENRES = tuple(STYLES)
