"""Temporary files of killed processes, and of those that still write."""

import os
import subprocess
import sys

import pytest

from stemstack.utils import leftovers
from stemstack.utils.atomic_write import write_text
from stemstack.utils.leftovers import (
    discard_unfinished,
    new_temporary,
    remove_leftovers,
    temporary_folder,
)

_KILLED = """
import os, sys
from pathlib import Path
from stemstack.utils.atomic_write import atomic_path

with atomic_path(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os._exit(9)
"""


_KILLED_IN_FOLDER = """
import os, sys
from stemstack.utils.leftovers import temporary_folder

with temporary_folder(sys.argv[1]) as folder:
    (folder / "clip.wav").write_text("half")
    os._exit(9)
"""


def kill_while_writing(path):
    assert subprocess.run([sys.executable, "-c", _KILLED, str(path)]).returncode == 9


def test_next_write_removes_files_of_killed_process(tmp_path):
    kill_while_writing(tmp_path / "table.csv")
    assert [path.suffix for path in tmp_path.iterdir()] == [".csv"]
    write_text(tmp_path / "other.txt", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["other.txt"]


def test_files_of_running_process_stay(tmp_path):
    temporary = new_temporary(tmp_path / "table.csv")
    temporary.write_text("half")
    (tmp_path / ".tmp-notes").write_text("of another program")
    remove_leftovers(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    discard_unfinished()
    assert [path.name for path in tmp_path.iterdir()] == [".tmp-notes"]


@pytest.mark.parametrize(("age", "stays"), [(60, True), (2 * 24 * 3600, False)])
def test_files_of_other_machines_stay_a_day(tmp_path, monkeypatch, age, stays):
    kill_while_writing(tmp_path / "table.csv")
    (path,) = tmp_path.iterdir()
    written = path.stat().st_mtime - age
    os.utime(path, (written, written))
    monkeypatch.setattr(leftovers, "_machine", lambda: "00000000")
    remove_leftovers(tmp_path)
    assert path.exists() == stays


def test_folder_of_killed_process_is_removed(tmp_path):
    assert subprocess.run([sys.executable, "-c", _KILLED_IN_FOLDER, str(tmp_path)]).returncode == 9
    (left,) = tmp_path.iterdir()
    assert [path.name for path in left.iterdir()] == ["clip.wav"]
    with temporary_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []
