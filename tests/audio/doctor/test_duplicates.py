"""The same audio under two names."""

import shutil

import numpy as np
import pytest
import soundfile

SONG = "genres_stems/blues/blues.00000"


@pytest.mark.parametrize(
    ("source", "target", "severity", "says"),
    [
        (f"{SONG}/bass.wav", "genres_stems/jazz/jazz.00000/bass.wav", "error", "two genres"),
        (f"{SONG}/bass.wav", "genres_stems/blues/blues.00001/bass.wav", "warning", "two songs"),
        (f"{SONG}/bass.wav", f"{SONG}/drums.wav", "warning", "two names"),
        (f"{SONG}/bass.wav", "mashups/song0.wav", "warning", "training and test"),
        ("mashups/song0.wav", "mashups/song1.wav", "warning", "two names"),
        ("ESC-50-master/audio/0.wav", "ESC-50-master/audio/1.wav", "warning", "two names"),
    ],
)
def test_duplicates_are_told_apart(data, source, target, severity, says, look):
    shutil.copy(data / source, data / target)
    (finding,) = look(data, "duplicates")
    assert finding.severity == severity and says in finding.found
    assert set(finding.files) == {source, target}
    assert " = " in finding.where


def test_the_container_hides_no_duplicate(data, write, look):
    (data / SONG / "drums.wav").unlink()
    samples, sr = soundfile.read(data / SONG / "bass.wav", dtype="int16")
    write(data / "genres_stems/jazz/jazz.00000/bass.wav", np.column_stack([samples, samples]), sr)
    write(data / SONG / "drums.flac", samples, sr)
    (finding,) = look(data, "duplicates")
    assert len(finding.files) == 3 and finding.severity == "error"
