"""Levels, overdrive, brightness and the limiter."""

import io

import numpy as np
import pytest
from helpers.signals import sine

from stemstack.datasets.demo import rendering
from stemstack.datasets.demo.music import DRUMS
from stemstack.datasets.demo.rendering import (
    brighten,
    level_to,
    limit,
    midi_bytes,
    overdrive,
    render_parts,
    sounding_rms,
)
from stemstack.datasets.demo.score import Note, Part
from stemstack.exceptions import MissingExtraError

SR = 22050


def tone(frequency):
    return sine(frequency, 0.1)[:, np.newaxis]


def test_level_ignores_silence():
    half = np.concatenate([tone(440), np.zeros((SR, 1), dtype=np.float32)])
    levelled = level_to(half, -20.0, SR)
    # 50 ms frames leave at most one partly silent frame of twenty.
    np.testing.assert_allclose(20 * np.log10(sounding_rms(levelled, SR)), -20, atol=0.3)
    np.testing.assert_allclose(np.sqrt(np.mean(levelled[:SR] ** 2)), 0.1, rtol=0.03)


@pytest.mark.parametrize("change", [lambda x: level_to(x, -10, SR), lambda x: overdrive(x, 1, SR)])
def test_silence_is_preserved(change):
    assert not change(np.zeros((SR, 1), dtype=np.float32)).any()


def test_brighten_amplifies_high_frequencies_only():
    gain = {f: np.std(brighten(tone(f), 6.0, SR)) / np.std(tone(f)) for f in (50, 9000)}
    # A first-order shelf at 1 kHz: within 0.1 dB well below it, within 1 dB well above.
    np.testing.assert_allclose(gain[50], 1, rtol=0.01)
    np.testing.assert_allclose(gain[9000], 10 ** (6 / 20), rtol=0.1)


def test_overdrive_adds_harmonics():
    spectrum = np.abs(np.fft.rfft(overdrive(tone(441), 0.5, SR)[:, 0]))
    assert spectrum[3 * 441] > 0.1 * spectrum[441]
    clean = tone(441)
    assert overdrive(clean, 0, SR) is clean


def test_limiter_changes_only_loud_samples():
    loud = np.linspace(-3, 3, 1001, dtype=np.float32)[:, np.newaxis]
    limited = limit(loud)
    assert np.abs(limited).max() <= 1
    quiet = np.abs(loud) < 0.7
    np.testing.assert_array_equal(limited[quiet], loud[quiet])
    assert (np.diff(limited[:, 0]) >= 0).all()


pytest.importorskip("midirenderer")
mido = pytest.importorskip("mido")


def peak_frequency(audio, sr):
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    return np.fft.rfftfreq(len(audio), 1 / sr)[spectrum.argmax()]


@pytest.mark.parametrize("sr", [22050, 44100])
def test_note_has_its_pitch(sr):
    part = Part("flute", (Note(0.0, 4.0, 69, 100),))
    audio = render_parts([part], 120.0, 2.0, sr, 1)
    assert audio.shape == (2 * sr, 1)
    # The flute has vibrato: a tenth of a semitone either way is 0.6 %.
    np.testing.assert_allclose(peak_frequency(audio[:, 0], sr), 440, rtol=0.01)


@pytest.mark.parametrize("instrument", ["piano", "standard kit"])
def test_notes_start_on_time(instrument):
    is_kit = instrument.endswith("kit")
    note = Note(2.0, 0.5, DRUMS["snare"] if is_kit else 72, 110)
    part = Part(instrument, (note,), is_kit=is_kit)
    audio = render_parts([part], 60.0, 3.0, 22050, 1)[:, 0]
    onset = np.flatnonzero(np.abs(audio) > 0.05 * np.abs(audio).max())[0] / 22050
    # A hammer or a stick reaches 5 % of its peak within 20 ms.
    np.testing.assert_allclose(onset, 2.0, atol=0.02)


def test_kit_follows_the_tempo():
    beats = tuple(Note(float(b), 0.25, DRUMS["kick"], 110) for b in range(24))
    audio = render_parts([Part("room kit", beats, is_kit=True)], 100.0, 14.0, 22000, 1)[:, 0]
    energy = np.square(audio).reshape(-1, 220).mean(axis=1)
    likeness = np.correlate(energy, energy, "full")[len(energy) :]
    # Frames are 10 ms apart; strokes are the nearest thing to themselves a beat later.
    period = (np.argmax(likeness[30:100]) + 31) * 220 / 22000
    np.testing.assert_allclose(period, 0.6, atol=0.01)


def test_stereo_follows_the_pan():
    part = Part("piano", (Note(0.0, 1.0, 60, 100),), pan=0)
    left, right = np.square(render_parts([part], 60.0, 1.0, 22050, 2)).mean(axis=0)
    assert left > 2 * right


def test_empty_part_is_digital_silence():
    audio = render_parts([Part("piano", ())], 60.0, 1.0, 22050, 2)
    assert audio.shape == (22050, 2)
    assert not audio.any()


def test_missing_soundfont_names_extra(monkeypatch):
    def fail(module, extra):
        raise MissingExtraError(f"{module} comes with {extra!r}")

    monkeypatch.setattr(rendering, "find_spec", lambda name: None)
    monkeypatch.setattr(rendering, "import_optional", fail)
    with pytest.raises(MissingExtraError, match="pretty_midi comes with 'demo'"):
        rendering.soundfont.__wrapped__()


@pytest.mark.parametrize("instrument", ["alto sax", "synth bass"])
def test_instruments_have_no_offset(instrument):
    note = Note(0.0, 4.0, 69, 100)
    audio = render_parts([Part(instrument, (note,))], 120.0, 2.0, 22050, 1)
    # The soundfont's own samples of these are up to 64 % of their RMS away from zero.
    assert abs(audio.mean()) < 0.02 * audio.std()


def read_midi(data):
    return mido.MidiFile(file=io.BytesIO(data))


def test_notes_tempo_and_length_are_encoded():
    part = Part("piano", (Note(0.0, 1.0, 60, 90), Note(1.0, 2.0, 64, 80)))
    file = read_midi(midi_bytes([part], 90.0, 6.0))
    played = [(m.note, m.velocity) for m in file if m.type == "note_on"]
    assert played == [(60, 90), (64, 80)]
    # Ticks are a 480th of a beat: 1.4 ms at 90 BPM.
    np.testing.assert_allclose(file.length, 6.0, atol=2e-3)


def test_instruments_have_own_channels():
    melody = Part("flute", (Note(0.0, 1.0, 72, 90),), pan=30)
    kit = Part("jazz kit", (Note(0.0, 1.0, 51, 90),), is_kit=True)
    messages = list(read_midi(midi_bytes([melody, kit], 120.0, 2.0)))
    programs = {m.channel: m.program for m in messages if m.type == "program_change"}
    pans = {m.channel: m.value for m in messages if m.is_cc(10)}
    assert programs == {0: 73, 9: 32}
    assert pans == {0: 30, 9: 64}


def test_repeated_note_is_released_first():
    part = Part("piano", (Note(0.0, 1.0, 60, 90), Note(1.0, 1.0, 60, 90)))
    kinds = [m.type for m in read_midi(midi_bytes([part], 120.0, 2.0)) if m.type.startswith("note")]
    assert kinds == ["note_on", "note_off", "note_on", "note_off"]


def test_notes_past_the_end_are_left_out():
    part = Part("piano", (Note(0.0, 99.0, 60, 90), Note(50.0, 1.0, 61, 90)))
    file = read_midi(midi_bytes([part], 120.0, 2.0))
    assert [m.note for m in file if m.type == "note_on"] == [60]
    np.testing.assert_allclose(file.length, 2.0, atol=2e-3)
