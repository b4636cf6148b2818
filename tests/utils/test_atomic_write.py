"""A file is replaced as a whole or not at all."""

import pytest

from stemstack.utils.atomic_write import atomic_path, link_or_copy, write_text


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


@pytest.mark.parametrize("can_link", [True, False])
def test_folder_is_linked_or_copied(tmp_path, monkeypatch, can_link):
    source, target = tmp_path / "source", tmp_path / "target"
    for name in ("a/weights", ".half", "b"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)

    def fail(*paths):
        raise OSError("no links here")

    if not can_link:
        monkeypatch.setattr("os.link", fail)
    link_or_copy(source, target)
    files = {p.relative_to(target).as_posix(): p for p in target.rglob("*") if p.is_file()}
    assert sorted(files) == ["a/weights", "b"]
    assert all(path.read_text() == name for name, path in files.items())
    assert all(path.samefile(source / name) == can_link for name, path in files.items())
    # A later write replaces one name only.
    write_text(target / "b", "new")
    assert (source / "b").read_text() == "b"
