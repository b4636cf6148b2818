"""A folder per class, and the tables that may accompany it."""

import numpy as np
import pytest
import soundfile

from stemstack.datasets import read_data
from stemstack.exceptions import DataError


def touch_audio(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(100), 22050)


def test_audio_at_any_depth_is_labelled(tmp_path):
    for name in ("rock/a.wav", "rock/deep/b.flac", "pop, etc/c.wav", "pop, etc/._c.wav"):
        touch_audio(tmp_path / name)
    (tmp_path / "rock/notes.txt").write_text("not audio")
    data = read_data(tmp_path)
    assert not data.has_stems and data.stems == ()
    assert data.train["clip"].tolist() == ["pop, etc/c.wav", "rock/a.wav", "rock/deep/b.flac"]
    assert data.train["label"].tolist() == ["pop, etc", "rock", "rock"]
    assert data.test is None


def test_single_class_is_refused(tmp_path):
    for name in ("rock/a.wav", "mashups/b.wav"):
        touch_audio(tmp_path / name)
    with pytest.raises(DataError, match="only class 'rock' has audio files"):
        read_data(tmp_path)


def test_test_table_is_checked(tmp_path):
    for name in ("a/1.wav", "b/2.wav"):
        touch_audio(tmp_path / name)
    (tmp_path / "test.csv").write_text("id,file\n1,x.wav\n")
    with pytest.raises(DataError, match="lacks column filename"):
        read_data(tmp_path)
    (tmp_path / "test.csv").write_text("id,filename\n1,x.wav\n1,y.wav\n")
    with pytest.raises(DataError, match="id '1' is repeated"):
        read_data(tmp_path)
    (tmp_path / "test.csv").write_text("path\nx.wav\n")
    assert read_data(tmp_path).test["id"].tolist() == ["x.wav"]


def test_test_clips_are_found_under_their_own_names(tmp_path):
    for name in ("a/1.wav", "b/2.wav", "test/\u00e9.wav"):
        touch_audio(tmp_path / name)
    (tmp_path / "test.csv").write_text("ID;FileName;\n007;test\\e\u0301.wav;\n", encoding="utf-16")
    test = read_data(tmp_path).test
    assert test.to_dict("records") == [{"id": "007", "path": "test/\u00e9.wav"}]
