"""Files beyond the limits are refused before anything is decoded."""

import numpy as np
import pytest
import soundfile

from stemstack.exceptions import AudioError
from stemstack.serving import Limits


@pytest.fixture
def second(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.zeros(22050), 22050)
    return tmp_path / "x.wav"


def test_what_is_within_is_taken(second):
    Limits(max_seconds=1.0, max_mb=0.045).check(second, "x.wav")


def test_too_long(second):
    with pytest.raises(AudioError, match=r"x\.wav: is 1 s long; the limit is 0\.5 s"):
        Limits(max_seconds=0.5).check(second, "x.wav")


def test_too_large(second):
    with pytest.raises(AudioError, match=r"x\.wav: is 0\.0 MB; the limit is 0\.04 MB"):
        Limits(max_mb=0.04).check(second, "x.wav")


def test_what_is_no_audio_is_left_to_its_reader(tmp_path):
    (tmp_path / "x.wav").write_bytes(b"no")
    Limits().check(tmp_path / "x.wav", "x.wav")


def test_a_missing_file_is_left_to_its_reader(tmp_path):
    Limits().check(tmp_path / "x.wav", "x.wav")
