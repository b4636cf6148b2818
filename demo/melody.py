"""The lead voice: phrases of four bars built from rhythm cells and a walk along the scale.

A phrase repeats its first bar, as tunes do; on strong beats the walk lands on a chord tone.
"""

import numpy as np

from .harmony import SCALES, chord_at
from .score import BEATS_PER_BAR, Note, read_bar

CELLS = {
    "sustained": ("x-----------x---", "x-------x-------", "x---------------", "....x-------x---"),
    "lyrical": ("x---x-x-x-------", "..x-x-x-x---x---", "x-x-x---x-x-x---", "x-----x-x-------"),
    "syncopated": ("x--x--x-..x-x---", "..x-..x-x--x--x-", "x-x--x-...x-x---", "...x--x-x---...."),
    "speech": ("x.xxx.x.xx.xx.x.", "..xxx.xxx.x.x...", "x.x.xxx..xxxx.x.", "xxx.xxx.x.x.xx.."),
    "shouts": ("x-------x---x---", "x-x-x-----------", "x---x---x-x-x---", "....x-x-x-------"),
    "calls": ("x-x---x-........", "..x-x-x---......", "x-----x-x---....", "x-x-x-x---......"),
    "bebop": ("..x-x-x-x-x-x-x-", "x-x-x-x-x---..x-", "..xxx-x-x-x---..", "x-x-xxx-x-x-...."),
    "riff": ("x-x-x-xxx-x-x-xx", "xxxxx---xxxxx---", "x-x-x---x-x-x---", "x-------xxxxxxxx"),
    "hook": ("x-x-x-x-x---....", "x---x---x-x-x-x-", "x-xx--x-x-xx--x-", "..x-x-x-..x-x-x-"),
}
_PHRASE = (0, 1, 0, 2)


def sing(cells, spans, form, scale, tonic, rng, *, centre, leap=2):
    """Compose the lead line of a song; the intro is left to the others.

    Parameters
    ----------
    cells : str
        A name of :data:`CELLS`, the family of rhythms.
    spans : list of Span
        The chords of the song.
    form : sequence of Section
    scale : str
        A name of :data:`stemstack.demo.harmony.SCALES`.
    tonic : int
        Pitch class of the key.
    rng : numpy.random.Generator
    centre : int
        MIDI pitch in the middle of the range, which is an octave either way.
    leap : int, default=2
        The largest step of the walk, in scale degrees.

    Returns
    -------
    list of Note
    """
    ladder = _ladder(scale, tonic, centre)
    rhythms = rng.choice(CELLS[cells], size=3)
    place, notes = len(ladder) // 2, []
    for section in form:
        if section.name == "intro":
            continue
        # A chorus sits higher and louder than a verse.
        lift = 1 if section.name == "chorus" else 0
        for bar in section.bars:
            rhythm = str(rhythms[_PHRASE[(bar - section.first_bar) % len(_PHRASE)]])
            for step in read_bar(rhythm):
                start = bar * BEATS_PER_BAR + step.start
                place = _walk(place, leap, lift, len(ladder), rng)
                pitch = _land(ladder[place], step, chord_at(spans, start))
                notes.append(Note(start, step.length * 0.93, pitch, 92 + 10 * lift))
    return notes


def _ladder(scale, tonic, centre):
    """Every pitch of the scale within an octave of ``centre``."""
    wanted = {(tonic + step) % 12 for step in SCALES[scale]}
    return [pitch for pitch in range(centre - 12, centre + 13) if pitch % 12 in wanted]


def _walk(place, leap, lift, size, rng):
    """Step along the ladder, drawn back to its middle (a third of the way up in a chorus)."""
    home = size // 2 + lift * size // 6
    pull = np.sign(home - place) if rng.random() < 0.25 else 0
    return int(np.clip(place + rng.integers(-leap, leap + 1) + pull, 0, size - 1))


def _land(pitch, step, chord):
    """Move a long note on a strong beat to the nearest chord tone."""
    if step.start % 2 != 0 or step.length < 0.5:
        return pitch
    reach = sorted(range(-6, 6), key=abs)
    return next(pitch + move for move in reach if (pitch + move) % 12 in chord.pitch_classes)
