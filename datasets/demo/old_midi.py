"""The instruments the demo songs are played on, by the names the style tables use.

The numbers are General MIDI's, counted from zero.
"""

import struct
from operator import itemgetter

PROGRAMS = {
    "piano": 0,
    "honky-tonk": 3,
    "electric piano": 4,
    "clavinet": 7,
    "vibraphone": 11,
    "drawbar organ": 16,
    "percussive organ": 17,
    "rock organ": 18,
    "harmonica": 22,
    "steel guitar": 25,
    "jazz guitar": 26,
    "clean guitar": 27,
    "muted guitar": 28,
    "overdriven guitar": 29,
    "distortion guitar": 30,
    "upright bass": 32,
    "finger bass": 33,
    "pick bass": 34,
    "fretless bass": 35,
    "slap bass": 36,
    "synth bass": 38,
    "rubber bass": 39,
    "violin": 40,
    "cello": 42,
    "contrabass": 43,
    "pizzicato": 45,
    "harp": 46,
    "strings": 48,
    "slow strings": 49,
    "synth strings": 50,
    "choir": 52,
    "oohs": 53,
    "synth voice": 54,
    "trombone": 57,
    "muted trumpet": 59,
    "french horn": 60,
    "brass": 61,
    "alto sax": 65,
    "tenor sax": 66,
    "oboe": 68,
    "flute": 73,
    "square lead": 80,
    "charang": 84,
    "solo voice": 85,
    "warm pad": 89,
    "poly synth": 90,
    "banjo": 105,
    "fiddle": 110,
}

KITS = {
    "standard kit": 0,
    "room kit": 8,
    "power kit": 16,
    "electronic kit": 24,
    "808 kit": 25,
    "jazz kit": 32,
    "brush kit": 40,
    "orchestra kit": 48,
}

DRUMS = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "floor tom": 41,
    "closed hat": 42,
    "low tom": 45,
    "pedal hat": 44,
    "open hat": 46,
    "mid tom": 47,
    "crash": 49,
    "high tom": 50,
    "ride": 51,
    "ride bell": 53,
    "tambourine": 54,
    "conga": 63,
}


_TICKS_PER_BEAT = 480
_KIT_CHANNEL = 9
_NOTE_OFF, _NOTE_ON, _CONTROL, _PROGRAM = 0x80, 0x90, 0xB0, 0xC0
_VOLUME, _PAN = 7, 10
_FULL_VOLUME = 127
# Registered parameter 2 is the coarse tuning: its number goes to two controls, its value to one.
_PARAMETER_MSB, _PARAMETER_LSB, _DATA_ENTRY = 101, 100, 6
_COARSE_TUNING, _UNTUNED = 2, 64
# Messages of the same tick go out in this order, so that a repeated note is not cut at once.
_FIRST, _OFF, _ON, _LAST = range(4)


def midi_bytes(parts, bpm, seconds, tuning=0):
    """Encode the parts of one stem.

    Parameters
    ----------
    parts : sequence of Part
        Each gets a channel of its own; kits share the percussion channel.
    bpm : float
        Tempo, in quarter-note beats a minute.
    seconds : float
        Where the track ends, whatever still sounds.
    tuning : int, default=0
        Semitones every instrument is tuned up by; unlike a transposition it keeps the samples a
        soundfont has for each key.

    Returns
    -------
    bytes
    """
    last = round(seconds * bpm / 60 * _TICKS_PER_BEAT)
    events = []
    for index, part in enumerate(parts):
        channel = _KIT_CHANNEL if part.is_kit else index
        events += _set_up(part, channel, tuning)
        events += _note_events(part, channel, last)
    tempo = b"\xff\x51\x03" + round(60e6 / bpm).to_bytes(3, "big")
    events += [(0, _FIRST, tempo), (last, _LAST, b"\xff\x2f\x00")]
    track = _track(sorted(events, key=itemgetter(0, 1)))
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, _TICKS_PER_BEAT)
    return header + b"MTrk" + struct.pack(">I", len(track)) + track


def _set_up(part, channel, tuning):
    """Instrument, volume, place in the stereo field and tuning, before any note."""
    program = (KITS if part.is_kit else PROGRAMS)[part.instrument]
    controls = (
        (_VOLUME, _FULL_VOLUME),
        (_PAN, part.pan),
        (_PARAMETER_MSB, 0),
        (_PARAMETER_LSB, _COARSE_TUNING),
        (_DATA_ENTRY, _UNTUNED + tuning),
    )
    messages = [bytes([_PROGRAM | channel, program])]
    messages += [bytes([_CONTROL | channel, *control]) for control in controls]
    return [(0, _FIRST, message) for message in messages]


def _note_events(part, channel, last):
    """Note-ons and note-offs as (tick, order, message)."""
    events = []
    for note in part.notes:
        on = round(note.start * _TICKS_PER_BEAT)
        off = on + max(1, round(note.duration * _TICKS_PER_BEAT))
        if on < last:
            events.append((on, _ON, bytes([_NOTE_ON | channel, note.pitch, note.velocity])))
            events.append((min(off, last), _OFF, bytes([_NOTE_OFF | channel, note.pitch, 0])))
    return events


def _track(events):
    """Join events with the delta times between them."""
    chunks, now = [], 0
    for tick, _, message in events:
        chunks += [_variable_length(tick - now), message]
        now = tick
    return b"".join(chunks)


def _variable_length(value):
    """A MIDI quantity: seven bits a byte, the high bit set on all but the last."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
