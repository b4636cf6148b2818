"""The ten genres of the competition, each as a musician would describe it.

Only this room knows them: everywhere else the classes come from the data. The levels, and the
shares of silent stems, follow the real training songs: classical and jazz are up to 26 dB quieter
than hip hop, and vocals are the stem most often missing.
"""

from .style import Style, players

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
        drums=players(
            "standard kit: shuffle, slow shuffle, backbeat",
            "room kit: shuffle",
            "jazz kit: swing",
        ),
        bass=players(
            "finger bass: boogie, blues shuffle", "upright bass: walking", "pick bass: roots"
        ),
        comp=players(
            "clean guitar: shuffle comp",
            "overdriven guitar: blues stabs",
            "piano: shuffle comp",
            "steel guitar: strum",
            "jazz guitar: charleston",
        ),
        layer=players("drawbar organ: pad", "piano: blues stabs", "brass: stabs"),
        lead=players(
            "harmonica: calls",
            "overdriven guitar: calls",
            "tenor sax: calls",
            "solo voice: calls",
            "oohs: lyrical",
        ),
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
        bass=players("contrabass: contrabass, roots", "cello: long notes", "bassoon: two beat"),
        comp=players(
            "piano: alberti",
            "strings: half notes",
            "harpsichord: broken sixteenths",
            "slow strings: pad",
            "harp: arpeggio",
            "pizzicato: eighths",
            "nylon guitar: travis picking",
        ),
        layer=players("strings: waltzing strings", "french horn: pad", "oboe: arpeggio"),
        lead=players(
            "violin: lyrical",
            "flute: lyrical",
            "choir: sustained",
            "oboe: lyrical",
            "piano: bebop",
        ),
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
        swing=(0.5, 0.6),
        tunes={
            "major": ("I IV I V", "I I IV I V V I I", "I V vi IV", "I IV V I"),
            "mixolydian": ("I bVII IV I", "I7 IV7 I7 V7"),
        },
        drums=players(
            "standard kit: train beat, two step, shuffle",
            "brush kit: train beat",
            "room kit: backbeat",
        ),
        bass=players(
            "upright bass: two beat", "finger bass: two beat, country walk", "pick bass: roots"
        ),
        comp=players(
            "steel guitar: boom chick, strum, travis picking",
            "banjo: banjo roll",
            "clean guitar: busy strum",
        ),
        layer=players("fiddle: pad", "honky-tonk: offbeats", "accordion: half notes"),
        lead=players(
            "fiddle: lyrical",
            "solo voice: lyrical",
            "harmonica: calls",
            "oohs: lyrical",
            "clean guitar: bebop",
        ),
        loudness=(-19, 3.0),
        balance={"drums": -8, "vocals": -4, "bass": -6, "other": -4},
        drive=(0.0, 0.15),
        brightness=1.0,
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
            "standard kit: four on the floor, disco sixteenths",
            "electronic kit: four on the floor",
            "room kit: disco congas",
        ),
        bass=players("finger bass: octaves, disco walk", "slap bass: funk", "synth bass: octaves"),
        comp=players(
            "clean guitar: disco chops",
            "muted guitar: funk chops",
            "clavinet: disco chops",
            "electric piano: offbeats",
        ),
        layer=players("strings: waltzing strings", "brass: stabs", "synth strings: pad"),
        lead=players("oohs: hook", "choir: shouts", "solo voice: syncopated", "synth voice: hook"),
        loudness=(-17, 2.5),
        balance={"drums": -5, "vocals": -5, "bass": -5, "other": -6},
        brightness=2.0,
        silent={"vocals": 0.04},
        resting={"drums": 0.06, "vocals": 0.35, "bass": 0.1, "other": 0.05},
        looseness=0.006,
        neighbours=("pop", "hiphop", "reggae"),
    ),
    "hiphop": Style(
        tempo=(78, 112),
        swing=(0.5, 0.6),
        swung=0.5,
        tunes={
            "minor": ("i i bVI bVI", "i i i i", "i bVII bVI V7", "i7 iv7"),
            "dorian": ("i7 IV7", "i9 i9"),
            "phrygian": ("i bII", "i i bII i"),
        },
        drums=players(
            "808 kit: boom bap, trap", "room kit: boom bap lazy", "electronic kit: boom bap"
        ),
        bass=players(
            "synth bass: sub, pedal", "rubber bass: lazy sub", "finger bass: syncopated roots"
        ),
        comp=players(
            "electric piano: loop",
            "piano: sparse loop",
            "strings: loop",
            "synth strings: pad",
            "clavinet: funk chops",
        ),
        layer=players("brass: stabs", "vibraphone: arpeggio", "warm pad: pad"),
        lead=players(
            "synth voice: speech", "solo voice: speech", "square lead: speech", "oohs: syncopated"
        ),
        loudness=(-12, 2.0),
        balance={"drums": -4, "vocals": -5, "bass": -4, "other": -9},
        brightness=-1.0,
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
        bass=players("upright bass: walking, walking up, bossa bass", "fretless bass: roots"),
        comp=players(
            "piano: charleston, charleston late",
            "jazz guitar: freddie green, bossa comp",
            "vibraphone: charleston",
        ),
        layer=players("brass: charleston late", "piano: sparse loop", "vibraphone: half notes"),
        lead=players(
            "tenor sax: bebop",
            "alto sax: bebop",
            "muted trumpet: lyrical",
            "clarinet: bebop",
            "oohs: lyrical",
        ),
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
        drums=players("power kit: double kick, thrash, blast, driving", "room kit: breakdown"),
        bass=players("pick bass: gallop, sixteenths, chug rests, eighths"),
        comp=players(
            "distortion guitar: chug, tremolo, power chords", "overdriven guitar: power eighths"
        ),
        layer=players(
            "overdriven guitar: power chords", "distortion guitar: pad", "charang: arpeggio"
        ),
        lead=players(
            "distortion guitar: riff", "solo voice: shouts", "charang: shouts", "choir: sustained"
        ),
        loudness=(-14, 2.0),
        balance={"drums": -6, "vocals": -7, "bass": -8, "other": -3},
        drive=(0.4, 1.0),
        brightness=2.0,
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
        drums=players(
            "standard kit: pop ballad",
            "electronic kit: pop claps, four on the floor",
            "808 kit: half time",
            "room kit: backbeat",
        ),
        bass=players("finger bass: eighths, roots", "synth bass: syncopated roots, octaves, sub"),
        comp=players(
            "piano: quarters",
            "steel guitar: ballad strum",
            "poly synth: eighths",
            "electric piano: half notes",
            "clean guitar: arpeggio",
        ),
        layer=players("strings: pad", "warm pad: pad", "poly synth: arpeggio"),
        lead=players(
            "oohs: hook", "solo voice: lyrical, syncopated", "synth voice: hook", "choir: hook"
        ),
        loudness=(-15, 2.5),
        balance={"drums": -6, "vocals": -3, "bass": -6, "other": -6},
        drive=(0.0, 0.1),
        brightness=2.0,
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
        bass=players(
            "finger bass: one drop bass, roots reggae", "fretless bass: dub", "synth bass: dub"
        ),
        comp=players(
            "clean guitar: skank",
            "muted guitar: double skank",
            "piano: offbeats",
            "percussive organ: skank",
        ),
        layer=players(
            "drawbar organ: bubble organ", "brass: stabs", "percussive organ: bubble organ"
        ),
        lead=players(
            "solo voice: syncopated", "oohs: calls", "trombone: calls", "synth voice: speech"
        ),
        loudness=(-18, 3.0),
        balance={"drums": -6, "vocals": -5, "bass": -3, "other": -8},
        brightness=-2.0,
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
        drums=players(
            "room kit: backbeat",
            "power kit: driving, half time",
            "standard kit: motorik, backbeat",
        ),
        bass=players("pick bass: eighths, driving fifths", "finger bass: syncopated roots, roots"),
        comp=players(
            "overdriven guitar: power chords, power eighths",
            "clean guitar: busy strum",
            "distortion guitar: chug",
            "rock organ: half notes",
            "steel guitar: strum",
        ),
        layer=players("rock organ: pad", "overdriven guitar: arpeggio", "piano: eighths"),
        lead=players("solo voice: shouts, lyrical", "overdriven guitar: riff", "oohs: lyrical"),
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
