"""Audio files are found once, whatever links lead to them."""

import os

import pytest

from stemstack.datasets import find_audio
from stemstack.exceptions import DataError
from stemstack.utils.cache import mark_as_cache


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


def test_caches_below_a_folder_are_left_out(tmp_path):
    mark_as_cache(tmp_path / "data/cache")
    for name in ("data/a.wav", "data/cache/b.wav"):
        (tmp_path / name).touch()
    assert [path.name for path in find_audio(tmp_path)] == ["a.wav"]
    assert [path.name for path in find_audio(tmp_path / "data/cache")] == ["b.wav"]


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root reads any folder")
def test_unreadable_folder_is_named(tmp_path):
    (tmp_path / "a").mkdir(mode=0)
    with pytest.raises(DataError, match=r"a: cannot be listed \(permission denied\); make it"):
        find_audio(tmp_path)


def test_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    def scandir(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DataError, match=r"cannot be listed \(permission denied\); make"):
        find_audio(tmp_path)
