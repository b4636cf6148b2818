"""The cache folder is found on any machine; damaged entries are removed and reported."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stemstack.exceptions import StorageError
from stemstack.utils import cache
from stemstack.utils.cache import (
    choose_library_caches,
    default_cache_folder,
    read_entry,
    user_cache_folder,
)


@pytest.fixture
def no_home(monkeypatch):
    """Leave no trace of a home folder, as for a user id without an entry in passwd."""
    for name in ("HOME", "XDG_CACHE_HOME", "STEMSTACK_CACHE", "NUMBA_CACHE_DIR", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    monkeypatch.setenv("XDG_CACHE_HOME", "")  # So that the value before the test is restored.
    cache._temporary_base.cache_clear()
    yield
    cache._temporary_base.cache_clear()


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "{home}/.cache"),
        ("linux", {"XDG_CACHE_HOME": "/xdg"}, "/xdg"),
        # The specification says that relative paths are to be ignored.
        ("linux", {"XDG_CACHE_HOME": "xdg"}, "{home}/.cache"),
        ("darwin", {}, "{home}/Library/Caches"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local"),
    ],
)
def test_user_cache_follows_the_system(tmp_path, monkeypatch, platform, variables, expected):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in {"HOME": str(tmp_path), **variables}.items():
        monkeypatch.setenv(name, value)
    assert user_cache_folder() == Path(expected.format(home=tmp_path))


def test_cache_without_home_is_temporary(no_home, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = default_cache_folder()
    assert folder == tmp_path / f"stemstack-{os.getuid()}" / "stemstack" == default_cache_folder()
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert caplog.text.count("--cache") == 1


def test_temporary_base_of_another_is_avoided(no_home, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    planted = tmp_path / f"stemstack-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    assert default_cache_folder().parents[1] == tmp_path
    assert default_cache_folder().parent != planted


def test_compiler_cache_is_below_the_cache(no_home, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "can_write", lambda folder: False)
    choose_library_caches(tmp_path)
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "numba")
    assert os.environ["XDG_CACHE_HOME"] == str(cache._temporary_base())
    choose_library_caches(tmp_path / "other")
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "numba")


def test_damaged_entry_is_removed_and_reported(tmp_path, caplog):
    entry = tmp_path / "entry.json"
    entry.write_text("")
    assert read_entry(entry, lambda path: [][len(path.read_text())]) is None
    assert caplog.text.count("entry.json: damaged, removed") == 1
    assert read_entry(entry, Path.read_text) is None
    assert len(caplog.records) == 1
    assert not entry.exists()


def test_denied_entry_is_not_removed(tmp_path):
    entry = tmp_path / "entry.json"
    entry.write_text("1")

    def read(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.raises(StorageError, match=r"entry\.json: .*\(permission denied\); remove it"):
        read_entry(entry, read)
    assert entry.exists()


COMPILE = """
import sys
from stemstack.utils.compiled import njit

exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"))
print(double(21))
"""


@pytest.mark.parametrize("fault", ["none", "damaged", "a file"])
def test_compiled_code_survives_a_bad_cache(tmp_path, fault):
    code, folder = tmp_path / "code.py", tmp_path / "numba"
    code.write_text("@njit(cache=True)\ndef double(x):\n    return 2 * x\n")
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder)}
    command = [sys.executable, "-c", COMPILE, str(code)]
    if fault == "a file":
        folder.write_text("")
    else:
        subprocess.run(command, env=environment, check=True)
    if fault == "damaged":
        for path in folder.rglob("*.nb?"):
            path.write_bytes(path.read_bytes()[:-20])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "42\n"
    assert ("compiling again" in done.stderr) == (fault == "damaged")
