"""Parallel maps: order, lazy input, progress, and workers that are killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from chaos import wait_until_gone
from threadpoolctl import threadpool_info

from stemstack.exceptions import StemstackError, UsageError
from stemstack.utils.parallel import forked_map, parallel_map


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
    taken = []

    def chunks():
        for i in range(100):
            taken.append(i)
            yield [i]

    results = forked_map(_double, chunks(), 2)
    next(results)
    assert len(taken) < 20
    results.close()


def test_killed_worker_is_an_error():
    with pytest.raises(StemstackError, match=r"was killed.*fewer jobs"):
        list(forked_map(_die, [[0], [1]], 2))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_parallel_map_keeps_order_and_counts(n_jobs):
    steps = []
    results = parallel_map(pow, range(5), [2] * 5, n_jobs=n_jobs, advance=steps.append)
    assert list(results) == [0, 1, 4, 9, 16]
    assert steps == [1] * 5


def test_workers_follow_the_working_directory(tmp_path, monkeypatch):
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
        monkeypatch.chdir(folder)
        assert set(parallel_map(_working_directory, range(4), n_jobs=2)) == {folder}


def _working_directory(_):
    return Path.cwd()


def test_parallel_map_limits_threads():
    (limited,) = parallel_map(_count_threads, [None], n_threads=1)
    assert limited == 1


def _count_threads(_):
    return max(library["num_threads"] for library in threadpool_info())


def test_parallel_map_checks_its_arguments():
    with pytest.raises(UsageError, match=r"n_jobs must be None.*Got 0"):
        parallel_map(pow, [1], [1], n_jobs=0)
    with pytest.raises(ValueError, match="shorter"):
        list(parallel_map(pow, [1, 2], [1]))


_ORPHANS = """
import os, time
from stemstack.utils.parallel import {name}

def report_worker(chunk):
    time.sleep(60 if chunk == [1] else 0.1)
    return os.getpid()

# One worker is at work, the other one waits.
results = {name}(report_worker, [[0], [0], [1]], n_jobs=2)
print(next(results), next(results), flush=True)
list(results)
"""


@pytest.mark.parametrize("name", ["forked_map", "parallel_map"])
@pytest.mark.skipif(sys.platform == "win32", reason="looks for processes in /proc")
def test_workers_exit_with_killed_parent(name):
    code = _ORPHANS.format(name=name)
    with subprocess.Popen([sys.executable, "-c", code], stdout=-1, text=True) as process:
        first = process.stdout.readline().split()
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert {int(pid) for pid in first} <= {worker.pid for worker in workers}
    assert wait_until_gone(workers, 30) == []
