"""Files that cannot be used, differ in format, or have the same audio."""

import re
import shutil
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
import soundfile

SR = 22050
M4A = Path(__file__).parents[2] / "data/audio/tone.m4a"
SONG = "genres_stems/blues/blues.00000"


@pytest.mark.parametrize(
    ("source", "target", "severity", "expected"),
    [
        (f"{SONG}/bass.wav", "genres_stems/jazz/jazz.00000/bass.wav", "error", "two genres"),
        (f"{SONG}/bass.wav", "genres_stems/blues/blues.00001/bass.wav", "warning", "two songs"),
        (f"{SONG}/bass.wav", f"{SONG}/drums.wav", "warning", "two files"),
        (f"{SONG}/bass.wav", "mashups/song0.wav", "warning", "training and test"),
        ("mashups/song0.wav", "mashups/song1.wav", "warning", "two files"),
        ("ESC-50-master/audio/0.wav", "ESC-50-master/audio/1.wav", "warning", "two files"),
    ],
)
def test_duplicates_are_classified(data, source, target, severity, expected, find_problems):
    shutil.copy(data / source, data / target)
    (finding,) = find_problems(data, "duplicates")
    assert finding.severity == severity and expected in finding.found
    assert set(finding.files) == {source, target}
    assert " = " in finding.where


def test_duplicates_are_found_across_containers(data, write, find_problems):
    (data / SONG / "drums.wav").unlink()
    samples, sr = soundfile.read(data / SONG / "bass.wav", dtype="int16")
    write(data / "genres_stems/jazz/jazz.00000/bass.wav", np.column_stack([samples, samples]), sr)
    write(data / SONG / "drums.flac", samples, sr)
    (finding,) = find_problems(data, "duplicates")
    assert len(finding.files) == 3 and finding.severity == "error"


def damage_empty(path):
    path.write_bytes(b"")


def damage_text(path):
    path.write_text("this is not audio")


def damage_headless(path):
    soundfile.write(path, np.zeros(0), SR)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (damage_empty, "empty \\(0 bytes\\)"),
        (damage_text, "not audio that can be read"),
        (damage_headless, "no samples"),
    ],
)
@pytest.mark.parametrize(
    "name", [f"{SONG}/vocals.wav", "mashups/song1.wav", "ESC-50-master/audio/1.wav"]
)
def test_unreadable_files_of_every_role_are_errors(data, damage, expected, name, find_problems):
    damage(data / name)
    (finding,) = find_problems(data, "unreadable files")
    assert finding.severity == "error" and finding.files == (name,)
    assert re.search(expected, finding.found)


def test_truncated_files_are_errors_in_any_container(data, write, hiss, find_problems):
    wav, flac = data / SONG / "bass.wav", data / SONG / "drums.flac"
    wav.write_bytes(wav.read_bytes()[:-SR])
    (data / SONG / "drums.wav").unlink()
    write(flac, hiss(7), subtype="PCM_16")
    flac.write_bytes(flac.read_bytes()[:20000])
    (finding,) = find_problems(data, "cut short")
    assert finding.severity == "error"
    assert set(finding.files) == {f"{SONG}/bass.wav", f"{SONG}/drums.flac"}


def test_missing_ffmpeg_is_an_error_with_fix(data, find_problems, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (data / SONG / "bass.wav").unlink()
    shutil.copy(M4A, data / SONG / "bass.m4a")
    (finding,) = find_problems(data, "unreadable files")
    assert finding.files == (f"{SONG}/bass.m4a",) and "needs ffmpeg" in finding.found
    assert finding.fix == "install ffmpeg, or convert the file to FLAC or WAV"


def test_zero_sizes_suggest_repairing_the_header(data, find_problems):
    wav = data / SONG / "bass.wav"
    content = bytearray(wav.read_bytes())
    content[40:44] = bytes(4)
    wav.write_bytes(content)
    (finding,) = find_problems(data, "unreadable files")
    assert "44100 bytes follow its header" in finding.found
    assert finding.fix.startswith("repair the header")


def test_nan_is_an_error(data, write, hiss, find_problems):
    broken = hiss(3).astype(np.float32)
    broken[10:13] = np.nan, np.inf, -np.inf
    write(data / SONG / "bass.wav", broken, subtype="FLOAT")
    (finding,) = find_problems(data, "NaN")
    assert finding.severity == "error" and finding.files == (f"{SONG}/bass.wav",)


def test_one_finding_lists_all_affected_files(data, find_problems):
    for stem in ("drums", "vocals", "bass", "other"):
        damage_empty(data / SONG / f"{stem}.wav")
    (finding,) = find_problems(data, "unreadable files")
    assert len(finding.files) == 4 and finding.where.endswith("(4 in all)")


def test_mixed_rates_and_channels_name_rarer_files(data, write, hiss, find_problems):
    write(data / SONG / "bass.wav", hiss(3), sr=16000)
    write(data / SONG / "drums.wav", np.column_stack([hiss(4), hiss(5)]))
    mixed, low = find_problems(data, "sample rate")
    assert mixed.files == low.files == (f"{SONG}/bass.wav",)
    assert "22050 Hz × 15, 16000 Hz × 1" in mixed.found
    (channels,) = find_problems(data, "channels")
    assert channels.files == (f"{SONG}/drums.wav",) and "mono × 15, stereo × 1" in channels.found


def test_cancelling_channels_are_found(data, write, read, find_problems):
    for song in (data / "genres_stems").glob("*/*"):
        for file in song.iterdir():
            left = read(file)
            right = -0.95 * left if file == data / SONG / "vocals.wav" else 0.5 * left
            write(file, np.column_stack([left, right]))
    (finding,) = find_problems(data, "channels")
    assert finding.files == (f"{SONG}/vocals.wav",)
    assert "lose 20 dB" in finding.found


def test_short_files_and_uneven_stems_are_warnings(data, write, hiss, find_problems):
    write(data / SONG / "bass.wav", hiss(3, seconds=0.5))
    too_short, uneven = find_problems(data, "length")
    assert too_short.files == (f"{SONG}/bass.wav",)
    assert uneven.files == ("blues/blues.00000",) and "up to 0.5 s" in uneven.found


def test_half_the_median_length_is_a_warning(data, write, hiss, find_problems):
    for file in (data / "genres_stems").glob("*/*/*.wav"):
        write(file, hiss(crc32(str(file.relative_to(data)).encode()), seconds=2.5))
    for stem in ("drums", "vocals", "bass", "other"):
        write(data / SONG / f"{stem}.wav", hiss(len(stem), seconds=1.2))
    (finding,) = find_problems(data, "length")
    assert len(finding.files) == 4 and "half the usual 2.5 s" in finding.found
