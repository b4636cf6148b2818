"""Audio files are found once, whatever links lead to them."""

import os

from stemstack.datasets import find_audio


def test_symlink_loops_are_entered_once(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1.wav").touch()
    os.symlink(tmp_path, tmp_path / "a/loop")
    os.symlink(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in find_audio(tmp_path)] == ["1.wav"]


def test_only_visible_audio_is_listed_sorted(tmp_path):
    for name in ("b.WAV", "a.flac", "._a.wav", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_audio(tmp_path)] == ["a.flac", "b.WAV"]
