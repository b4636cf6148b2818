"""MIDI files of the parts of a song."""

import io
from operator import itemgetter

from ...exceptions import import_optional
from .music import KITS, PROGRAMS

_TICKS_PER_BEAT = 480
_KIT_CHANNEL = 9
_VOLUME, _PAN = 7, 10
_FULL_VOLUME = 127
# Registered parameter 2 is the coarse tuning: its number goes to two controls, its value to one.
_PARAMETER_MSB, _PARAMETER_LSB, _DATA_ENTRY = 101, 100, 6
_COARSE_TUNING, _UNTUNED = 2, 64
# Order of messages at the same tick: note-offs come first, so that a repeated note is not cut.
_SETUP, _OFF, _ON, _END = range(4)


def midi_bytes(parts, bpm, seconds, tuning=0):
    """Encode the parts of one stem as a MIDI file.

    Parameters
    ----------
    parts : sequence of Part
        Each gets its own channel; kits share the percussion channel.
    bpm : float
        Tempo, in quarter-note beats per minute.
    seconds : float
        Where the track ends, even if notes still sound.
    tuning : int, default=0
        Semitones by which every instrument is tuned up; unlike a transposition it keeps the samples
        that a soundfont has for each key.

    Returns
    -------
    bytes

    Raises
    ------
    MissingExtraError
        The ``demo`` extra is not installed.
    """
    mido = import_optional("mido", "demo")
    end = round(seconds * bpm / 60 * _TICKS_PER_BEAT)
    events = []
    for index, part in enumerate(parts):
        channel = _KIT_CHANNEL if part.is_kit else index
        events += [(0, _SETUP, message) for message in _setup(mido, part, channel, tuning)]
        events += _note_events(mido, part, channel, end)
    events.append((0, _SETUP, mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm))))
    events.append((end, _END, mido.MetaMessage("end_of_track")))
    track, now = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=itemgetter(0, 1)):
        message.time, now = tick - now, tick
        track.append(message)
    buffer = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=_TICKS_PER_BEAT, tracks=[track]).save(file=buffer)
    return buffer.getvalue()


def _setup(mido, part, channel, tuning):
    """Return the messages that choose instrument, volume, pan and tuning."""
    program = (KITS if part.is_kit else PROGRAMS)[part.instrument]
    controls = (
        (_VOLUME, _FULL_VOLUME),
        (_PAN, part.pan),
        (_PARAMETER_MSB, 0),
        (_PARAMETER_LSB, _COARSE_TUNING),
        (_DATA_ENTRY, _UNTUNED + tuning),
    )
    return [
        mido.Message("program_change", channel=channel, program=program),
        *(
            mido.Message("control_change", channel=channel, control=control, value=value)
            for control, value in controls
        ),
    ]


def _note_events(mido, part, channel, end):
    """Return note-ons and note-offs as (tick, order, message)."""
    events = []
    for note in part.notes:
        on = round(note.start * _TICKS_PER_BEAT)
        off = on + max(1, round(note.duration * _TICKS_PER_BEAT))
        if on < end:
            key = {"channel": channel, "note": note.pitch}
            events.append((on, _ON, mido.Message("note_on", velocity=note.velocity, **key)))
            events.append((min(off, end), _OFF, mido.Message("note_off", velocity=0, **key)))
    return events
