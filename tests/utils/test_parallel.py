"""Processes that keep order, stay a few chunks ahead, and say so when one of them dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stemstack.exceptions import StemstackError
from stemstack.utils.parallel import forked_map


def _double(chunk):
    # The first chunks take longest.
    time.sleep(0.02 / (1 + chunk[0]))
    return [2 * item for item in chunk]


def _die(chunk):
    os.kill(os.getpid(), signal.SIGKILL)


def test_results_are_in_order():
    chunks = [[i, i + 1] for i in range(9)]
    expected = [[2 * i, 2 * i + 2] for i in range(9)]
    assert list(forked_map(_double, iter(chunks), 2)) == expected


def test_chunks_are_taken_lazily():
    drawn = []

    def chunks():
        for i in range(100):
            drawn.append(i)
            yield [i]

    results = forked_map(_double, chunks(), 2)
    next(results)
    assert len(drawn) < 20
    results.close()


def test_killed_worker_is_an_error():
    with pytest.raises(StemstackError, match=r"was killed.*fewer jobs"):
        list(forked_map(_die, [[0], [1]], 2))


_ORPHANS = """
import os, time
from stemstack.utils.parallel import forked_map

def tell(chunk):
    time.sleep(0.1)
    return os.getpid()

for worker in forked_map(tell, [[0]] * 500, 2):
    print(worker, flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="joblib minds its own processes")
def test_workers_exit_with_killed_parent():
    with subprocess.Popen([sys.executable, "-c", _ORPHANS], stdout=-1, text=True) as process:
        worker = Path("/proc", process.stdout.readline().strip())
        process.kill()
    for _ in range(100):
        if _has_ended(worker):
            break
        time.sleep(0.1)
    assert _has_ended(worker)


def _has_ended(process):
    # Where nobody collects orphans, one that has ended stays as a zombie.
    return not process.exists() or "\nState:\tZ" in (process / "status").read_text()
