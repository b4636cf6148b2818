"""Lists of clips to predict."""

import numpy as np
import pandas as pd
import pytest
import soundfile

from stemstack.exceptions import ClipTypeError, DataError
from stemstack.runs import BasePredictions, ClipList


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


def test_single_path_is_no_list(folder):
    for read in (ClipList.from_paths, BasePredictions.read):
        with pytest.raises(ClipTypeError, match=r"paths must hold .*the single path .*in a list"):
            read(str(folder))


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


def test_windows_are_averaged_by_geometric_mean():
    clips = ClipList(["a", "b"], ["a.wav", "b.wav"], seconds=(30.0, 11.0)).cut([10.0])
    assert clips.clip_names == ["a#t=0.00,10.00", "a#t=10.00,20.00", "a#t=20.00,30.00", "b"]
    assert [getattr(clip, "start", clip) for clip in clips.clips] == [0.0, 10.0, 20.0, "b.wav"]
    proba = np.array([[0.5, 0.5], [0.9, 0.1], [0.8, 0.2], [0.0, 1.0]])
    first = np.cbrt([0.5 * 0.9 * 0.8, 0.5 * 0.1 * 0.2])
    np.testing.assert_allclose(clips.average(proba), [first / first.sum(), [0.0, 1.0]])
    rows = clips.list_windows().to_numpy().tolist()
    assert rows[2:] == [["a", "a.wav", 20.0, 30.0], ["b", "b.wav", 0.0, 11.0]]


def test_clips_without_windows_stay_whole():
    clips = ClipList(["a"], ["a.wav"], seconds=(30.0,))
    assert clips.cut(None) == clips and clips.clips == ["a.wav"]
    proba = pd.DataFrame({"x": [0.25], "y": [0.75]})
    assert clips.average(proba) is proba
