"""A file is replaced as a whole or not at all."""

import errno
import os
import sys
from pathlib import Path

import pandas as pd
import pytest

from stemstack.exceptions import DataError, StorageError
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


def fail_to_write(number):
    def write(path, data):
        raise OSError(number, os.strerror(number), os.fspath(path))

    return write


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_full_disk_names_the_target(tmp_path, monkeypatch, number):
    path = tmp_path / "table.csv"
    path.write_text("old")
    monkeypatch.setattr(Path, "write_bytes", fail_to_write(number))
    with pytest.raises(StorageError, match=rf"^{path}: cannot be written \(.+\); free some space"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_read_only_folder_is_named(tmp_path, monkeypatch, number):
    path = tmp_path / "new" / "table.csv"
    monkeypatch.setattr(Path, "mkdir", lambda path, **_: fail_to_write(number)(path, b""))
    with pytest.raises(StorageError, match=rf"^{tmp_path}: cannot be written to \(.+\); choose"):
        write_text(path, "new")


def test_library_error_on_full_disk_is_explained(tmp_path, monkeypatch):
    # As soundfile raises it: without a number, without a name.
    monkeypatch.setattr(Path, "write_bytes", fail_to_write(errno.ENOSPC))
    with pytest.raises(StorageError, match=r"a\.wav: cannot be written"), atomic_path("a.wav"):
        raise AssertionError
    assert not Path("a.wav").exists()


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(errno.ECONNREFUSED, "refused"), DataError("bad"), KeyError(1)]
)
def test_other_errors_pass_unchanged(tmp_path, error):
    with pytest.raises(type(error)) as caught, atomic_path(tmp_path / "a.csv"):
        raise error
    assert caught.value is error
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is a device of Linux")
def test_full_device_is_reported_by_writers(tmp_path):
    with (
        pytest.raises(StorageError, match="no space left on device"),
        atomic_path(tmp_path / "table.csv") as temporary,
    ):
        temporary.symlink_to("/dev/full")
        pd.DataFrame({"a": range(10**5)}).to_csv(temporary)
    assert not list(tmp_path.iterdir())
