"""Silence, clipping, scale, offset."""

import numpy as np

from stemstack.audio.doctor import examine

SR = 22050
SONG = "genres_stems/blues/blues.00000"


def test_digital_silence_faint_files_and_long_rests_are_told_apart(data, write, hiss, look):
    write(data / SONG / "vocals.wav", np.zeros(SR))
    write(data / SONG / "drums.wav", hiss(4, level=1e-4))
    write(data / SONG / "bass.wav", np.concatenate([hiss(5), np.zeros(6 * SR), hiss(6)]))
    found = {f.check: f for f in look(data) if f.check != "length"}
    assert {name: f.files for name, f in found.items()} == {
        "digital silence": (f"{SONG}/vocals.wav",),
        "faint": (f"{SONG}/drums.wav",),
        "long silence": (f"{SONG}/bass.wav",),
    }
    assert {f.severity for f in found.values()} == {"warning"}


def test_silence_is_counted_by_stem_and_genre(data, write, look):
    for song in (data / "genres_stems/blues").iterdir():
        write(song / "vocals.wav", np.zeros(SR))
    write(data / "genres_stems/jazz/jazz.00000/bass.wav", np.zeros(SR))
    (finding,) = look(data, "digital silence")
    assert "3 of 16 stems" in finding.found
    assert "(vocals 2, bass 1; blues 2, jazz 1)" in finding.found


def test_silent_files_are_no_duplicates(data, write, look):
    for song in (data / "genres_stems").glob("*/*"):
        write(song / "vocals.wav", np.zeros(SR))
    assert look(data, "duplicates") == []


def test_clipping_is_a_warning_for_music_and_a_fact_for_test_and_noise(data, write, read):
    names = (f"{SONG}/bass.wav", "mashups/song0.wav", "ESC-50-master/audio/0.wav")
    for name in names:
        write(data / name, np.clip(20 * read(data / name), -1, 1))
    clipping = [f for f in examine(data, n_folds=2).findings if f.check == "clipping"]
    assert [(f.severity, f.files) for f in clipping] == [
        ("warning", names[:1]),
        ("info", names[1:2]),
        ("info", names[2:]),
    ]


def test_a_normalised_file_is_not_clipped(data, write, look):
    tone = np.sin(2 * np.pi * 55 * np.arange(SR) / SR)
    write(data / SONG / "bass.wav", tone)
    assert look(data, "clipping") == []


def test_floats_on_another_scale_are_found(data, write, hiss, look):
    write(data / SONG / "bass.wav", 32768 * hiss(3), subtype="FLOAT")
    (finding,) = look(data, "scale")
    assert finding.files == (f"{SONG}/bass.wav",)


def test_a_dc_offset_is_a_warning(data, write, hiss, look):
    write(data / SONG / "bass.wav", hiss(3) + 0.05)
    (finding,) = look(data, "DC offset")
    assert finding.severity == "warning" and finding.files == (f"{SONG}/bass.wav",)
