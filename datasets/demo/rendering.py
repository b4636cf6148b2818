"""Render parts through a General MIDI soundfont, and produce the stem: overdrive, level, limiter.

The soundfont is TimGM6mb.sf2, which comes with pretty_midi; the synthesizer is midirenderer.
Conventions: audio is (n_samples, n_channels) float32 of one or two channels;
digital silence is preserved.

The synthesizer only renders at 48 kHz. Where 24 kHz are enough, it plays an octave higher at twice
the speed, and the result is read as 24 kHz, like a tape at half speed: the same notes in half the
time, with slightly slower envelopes.
"""

import io
from functools import cache
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
from scipy.signal import lfilter

from ...audio import resample
from ...audio.levels import db_to_amplitude, db_to_power_ratio
from ...exceptions import import_optional
from .music import KITS, PROGRAMS
from .score import Note, Part

_FRAME_SECONDS = 0.05
_SOUNDING_DB = -50
_SHELF_HZ = 1000
_KNEE = 0.7


def level_to(audio, dbfs, sr):
    """Scale audio so that the RMS of its sounding frames is ``dbfs``.

    Parameters
    ----------
    audio : ndarray of shape (n_samples, n_channels)
    dbfs : float
    sr : int

    Returns
    -------
    ndarray of shape (n_samples, n_channels), float32
        Digital silence is returned unchanged.
    """
    rms = sounding_rms(audio, sr)
    return audio if rms == 0 else audio * np.float32(db_to_amplitude(dbfs) / rms)


def sounding_rms(audio, sr):
    """Return the RMS of the frames of 50 ms within 50 dB of the loudest; 0 for silence."""
    frame = min(round(_FRAME_SECONDS * sr), len(audio))
    frames = audio[: len(audio) // frame * frame].reshape(-1, frame * audio.shape[1])
    powers = np.einsum("ij,ij->i", frames, frames) / frames.shape[1]
    sounding = powers > powers.max() * db_to_power_ratio(_SOUNDING_DB)
    return float(np.sqrt(powers[sounding].mean())) if sounding.any() else 0.0


def overdrive(audio, amount, sr):
    """Saturate with a hyperbolic tangent, like a valve amplifier.

    Parameters
    ----------
    audio : ndarray of shape (n_samples, n_channels)
    amount : float
        0 leaves the audio unchanged, 1 amplifies its RMS to four times full scale.
    sr : int

    Returns
    -------
    ndarray of shape (n_samples, n_channels), float32
    """
    rms = sounding_rms(audio, sr)
    if amount == 0 or rms == 0:
        return audio
    return np.tanh(audio * np.float32(4 * amount / rms))


def brighten(audio, db, sr):
    """Change the level above 1 kHz by ``db`` with a first-order shelf.

    Parameters
    ----------
    audio : ndarray of shape (n_samples, n_channels)
    db : float
    sr : int

    Returns
    -------
    ndarray of shape (n_samples, n_channels), float32
    """
    pole = np.exp(-2 * np.pi * _SHELF_HZ / sr)
    gain = db_to_amplitude(db)
    # The two bands of the shelf, low + gain * (audio - low), as one filter.
    zeros = np.array([gain + (1 - gain) * (1 - pole), -gain * pole], dtype=audio.dtype)
    return lfilter(zeros, np.array([1, -pole], dtype=audio.dtype), audio, axis=0)


def limit(audio):
    """Compress peaks above 0.7 so that none exceeds full scale."""
    loud = np.abs(audio) > _KNEE
    limited = audio.astype(np.float32)
    over = (np.abs(audio[loud]) - _KNEE) / (1 - _KNEE)
    limited[loud] = np.copysign(_KNEE + (1 - _KNEE) * np.tanh(over), audio[loud])
    return limited


_SOUNDFONT = "TimGM6mb.sf2"
_NATIVE_SR = 48000
_OCTAVE = 12
_STROKE_VELOCITY = 100
_STROKE_SECONDS = 1.5
_LOWEST_HZ = 20

_TICKS_PER_BEAT = 480
_KIT_CHANNEL = 9
_VOLUME, _PAN = 7, 10
_FULL_VOLUME = 127
# Registered parameter 2 is the coarse tuning: its number goes to two controls, its value to one.
_PARAMETER_MSB, _PARAMETER_LSB, _DATA_ENTRY = 101, 100, 6
_COARSE_TUNING, _UNTUNED = 2, 64
# Order of messages at the same tick: note-offs come first, so that a repeated note is not cut.
_SETUP, _OFF, _ON, _END = range(4)


def render_parts(parts, bpm, seconds, sr, n_channels):
    """Render the parts of a stem.

    Parameters
    ----------
    parts : sequence of Part
        One kit, or any number of other instruments.
    bpm : float
    seconds : float
    sr : int
        Sample rate of the result in Hz.
    n_channels : int
        1 or 2.

    Returns
    -------
    ndarray of shape (round(seconds * sr), n_channels), float32
        All zeros when no part has a note.

    Raises
    ------
    MissingExtraError
        The ``demo`` extra is not installed.
    """
    if not any(part.notes for part in parts):
        return np.zeros((round(seconds * sr), n_channels), dtype=np.float32)
    if parts[0].is_kit:
        return _render_kit(parts[0], bpm, seconds, sr, n_channels)
    return _synthesize(parts, bpm, seconds, sr, n_channels)


@cache
def soundfont():
    """Read the General MIDI soundfont, once per process.

    Returns
    -------
    bytes

    Raises
    ------
    MissingExtraError
        The ``demo`` extra is not installed.
    """
    # Found but not imported: only the soundfont file in its folder is needed.
    spec = find_spec("pretty_midi") or import_optional("pretty_midi", "demo").__spec__
    return Path(spec.origin).with_name(_SOUNDFONT).read_bytes()


def _synthesize(parts, bpm, seconds, sr, n_channels):
    synthesizer = import_optional("midirenderer", "demo")
    speed, tuning = (2, _OCTAVE) if sr <= _NATIVE_SR / 2 else (1, 0)
    midi = midi_bytes(parts, bpm * speed, seconds / speed, tuning)
    wav = synthesizer.render_wave_from(soundfont(), midi)
    stereo, _ = soundfile.read(io.BytesIO(wav), dtype="float32", always_2d=True)
    # Added explicitly: numpy's mean over two channels takes ten times as long.
    sound = stereo if n_channels == 2 else (stereo[:, :1] + stereo[:, 1:]) / 2
    audio = np.zeros((round(seconds * sr), n_channels), dtype=np.float32)
    for channel in range(n_channels):
        resampled = resample(sound[:, channel], _NATIVE_SR / speed, sr)[: len(audio)]
        audio[: len(resampled), channel] = resampled
    return _remove_offset(audio, sr)


def _remove_offset(audio, sr):
    """Remove inaudible low frequencies: some samples of the soundfont have an offset."""
    high_pass = scipy.signal.butter(1, _LOWEST_HZ, "highpass", fs=sr, output="sos")
    return scipy.signal.sosfilt(high_pass, audio, axis=0).astype(np.float32)


def _render_kit(part, bpm, seconds, sr, n_channels):
    """Mix cached strokes; the synthesizer would render each of them hundreds of times."""
    audio = np.zeros((round(seconds * sr), n_channels), dtype=np.float32)
    for note in part.notes:
        start = round(note.start * 60 / bpm * sr)
        stroke = _stroke(part.instrument, note.pitch, sr, n_channels)[: max(0, len(audio) - start)]
        # General MIDI: amplitude is proportional to the square of the velocity.
        gain = np.float32((note.velocity / _STROKE_VELOCITY) ** 2)
        audio[start : start + len(stroke)] += gain * stroke
    return audio


@cache
def _stroke(kit, pitch, sr, n_channels):
    """Render one stroke on one drum, once per process."""
    part = Part(kit, (Note(0.0, 0.5, pitch, _STROKE_VELOCITY),), is_kit=True)
    return _synthesize((part,), 60, _STROKE_SECONDS, sr, n_channels)


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
