"""A file is replaced as a whole or not at all."""

import pytest

from stemstack.utils.atomic_write import atomic_path, write_text


def test_file_is_replaced_and_nothing_else_remains(tmp_path):
    path = tmp_path / "new" / "table.csv"
    for text in ("a\n", "é\n"):
        write_text(path, text)
    assert path.read_text(encoding="utf-8") == "é\n"
    assert list(path.parent.iterdir()) == [path]


def test_failed_block_leaves_old_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="stop"), atomic_path(path) as temporary:
        assert temporary.parent == tmp_path and temporary.suffix == ".csv"
        temporary.write_text("half")
        raise RuntimeError("stop")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
