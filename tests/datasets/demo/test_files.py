"""Files are written atomically."""

import numpy as np
import pytest
import soundfile

from stemstack.datasets.demo.files import write_text, write_wav
from stemstack.exceptions import DataError


def test_samples_are_rounded_and_clipped(tmp_path):
    write_wav(tmp_path / "new" / "clip.wav", np.array([0.0, 0.5, -2.0, 2.0]), 8000)
    samples, sr = soundfile.read(tmp_path / "new" / "clip.wav", dtype="int16")
    assert sr == 8000
    assert samples.tolist() == [0, 16384, -32767, 32767]


def test_only_the_file_remains(tmp_path):
    write_text(tmp_path / "table.csv", "a,b\n")
    write_text(tmp_path / "table.csv", "a,b\n1,2\n")
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
    assert (tmp_path / "table.csv").read_bytes() == b"a,b\n1,2\n"


def test_failure_names_file_and_cleans_up(tmp_path):
    (tmp_path / "clip.wav").mkdir()
    with pytest.raises(DataError, match=r"clip\.wav: cannot be written \(.+\); give a folder"):
        write_text(tmp_path / "clip.wav", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["clip.wav"]
