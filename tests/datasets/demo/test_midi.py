"""MIDI files: notes, channels, tempo and length."""

import io

import numpy as np
import pytest

from stemstack.datasets.demo.midi import midi_bytes
from stemstack.datasets.demo.score import Note, Part

mido = pytest.importorskip("mido")


def read(data):
    return mido.MidiFile(file=io.BytesIO(data))


def test_notes_tempo_and_length_are_encoded():
    part = Part("piano", (Note(0.0, 1.0, 60, 90), Note(1.0, 2.0, 64, 80)))
    file = read(midi_bytes([part], 90.0, 6.0))
    played = [(m.note, m.velocity) for m in file if m.type == "note_on"]
    assert played == [(60, 90), (64, 80)]
    # Ticks are a 480th of a beat: 1.4 ms at 90 BPM.
    np.testing.assert_allclose(file.length, 6.0, atol=2e-3)


def test_instruments_have_own_channels():
    melody = Part("flute", (Note(0.0, 1.0, 72, 90),), pan=30)
    kit = Part("jazz kit", (Note(0.0, 1.0, 51, 90),), is_kit=True)
    messages = list(read(midi_bytes([melody, kit], 120.0, 2.0)))
    programs = {m.channel: m.program for m in messages if m.type == "program_change"}
    pans = {m.channel: m.value for m in messages if m.is_cc(10)}
    assert programs == {0: 73, 9: 32}
    assert pans == {0: 30, 9: 64}


def test_repeated_note_is_released_first():
    part = Part("piano", (Note(0.0, 1.0, 60, 90), Note(1.0, 1.0, 60, 90)))
    kinds = [m.type for m in read(midi_bytes([part], 120.0, 2.0)) if m.type.startswith("note")]
    assert kinds == ["note_on", "note_off", "note_on", "note_off"]


def test_notes_past_the_end_are_left_out():
    part = Part("piano", (Note(0.0, 99.0, 60, 90), Note(50.0, 1.0, 61, 90)))
    file = read(midi_bytes([part], 120.0, 2.0))
    assert [m.note for m in file if m.type == "note_on"] == [60]
    np.testing.assert_allclose(file.length, 2.0, atol=2e-3)
