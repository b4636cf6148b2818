"""Lists of clips to predict."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.exceptions import DataError
from stemstack.runs import ClipList


@pytest.fixture
def folder(tmp_path):
    """A folder of two readable clips and an unreadable one."""
    rng = np.random.default_rng(0)
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, 0.1 * rng.standard_normal(4000), 8000)
    (tmp_path / "c.wav").write_text("not audio, but long enough for the header of a file")
    return tmp_path


def test_folders_and_missing_files_are_listed(folder):
    clips = ClipList.from_paths([folder / "gone.wav", folder])
    names = ["gone.wav", "a.wav", "b.wav", "c.wav"]
    assert clips.paths == clips.ids == [str(folder / name) for name in names]


def test_folder_without_audio_raises(tmp_path):
    with pytest.raises(DataError, match="no audio files found; give audio files, or folders"):
        ClipList.from_paths([tmp_path])


def test_unreadable_clips_become_problems(folder):
    clips = ClipList.from_paths([folder, folder / "gone.wav"]).usable()
    assert clips.paths == [str(folder / "a.wav"), str(folder / "b.wav")]
    assert len(clips.problems) == 2
    assert str(folder / "c.wav") in clips.problems[0]
    assert str(folder / "gone.wav") in clips.problems[1]


def test_table_has_ids_labels_and_probabilities():
    clips = ClipList(["7", "08"], ["x.wav", "y.wav"], ("id", "genre"))
    proba = pd.DataFrame({"jazz": [0.9, 0.2], "rock": [0.1, 0.8]}, index=[5, 6])
    table = clips.to_table(["jazz", "rock"], proba)
    assert list(table) == ["id", "genre", "jazz", "rock"]
    assert table["id"].tolist() == ["7", "08"]
    assert table["rock"].tolist() == [0.1, 0.8]


def test_file_is_found_in_the_other_normal_form(folder):
    (folder / "a.wav").rename(folder / "\u00e9.wav")
    written = str(folder / "e\u0301.wav")
    clips = ClipList.from_paths([written])
    assert clips.paths == [str(folder / "\u00e9.wav")]
