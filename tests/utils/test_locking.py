"""One process at a time enters the block of a folder; the lock ends with its process."""

import subprocess
import sys
import threading

import pytest

from stemstack.utils.locking import exclusive

HOLD = """
import sys
from stemstack.utils.locking import exclusive

with exclusive(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no locks on Windows")
def test_other_process_waits_until_the_first_ends(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        entered = threading.Event()

        def enter():
            with exclusive(tmp_path):
                entered.set()

        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.3)
        holder.kill()
        waiting.join(10)
        assert entered.is_set()
    assert not list(tmp_path.iterdir())


def test_unused_folder_is_removed(tmp_path):
    with exclusive(tmp_path / "new"):
        pass
    assert not (tmp_path / "new").exists()
