"""Content hashes: equal content, equal key."""

import numpy as np

from stemstack.utils.hashing import content_key, hash_bytes, hash_file


def test_content_keys_follow_content():
    assert content_key(a=1, b=[2]) == content_key(b=[2], a=1)
    assert content_key(a=1) != content_key(a=2)


def test_file_hash_equals_hash_of_content(tmp_path):
    data = np.arange(1 << 18, dtype=np.int64)
    data.tofile(tmp_path / "data.bin")
    assert hash_file(tmp_path / "data.bin") == hash_bytes(data)
    assert hash_bytes(data) != hash_bytes(data[:-1])
