"""Content hashes: equal content, equal key."""

import os
import time

import numpy as np

from stemstack.utils.hashing import content_key, file_version, hash_bytes, hash_file


def test_content_keys_follow_content():
    assert content_key(a=1, b=[2]) == content_key(b=[2], a=1)
    assert content_key(a=1) != content_key(a=2)


def test_file_hash_equals_hash_of_content(tmp_path):
    data = np.arange(1 << 18, dtype=np.int64)
    data.tofile(tmp_path / "data.bin")
    assert hash_file(tmp_path / "data.bin") == hash_bytes(data)
    assert hash_bytes(data) != hash_bytes(data[:-1])


def test_swapped_files_of_equal_size_are_noticed(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        os.utime(tmp_path / name, (0, 0))
    before = file_version(tmp_path / "a")
    assert before == file_version(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "c")
    time.sleep(0.02)
    (tmp_path / "b").rename(tmp_path / "a")
    assert file_version(tmp_path / "a") != before
