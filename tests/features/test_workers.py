"""Processes that keep order, stay a few chunks ahead, and say so when one of them dies."""

import os
import signal
import time

import pytest

from stemstack.errors import StemstackError
from stemstack.features.workers import map_chunks


def _double(chunk):
    # The first chunks take longest.
    time.sleep(0.02 / (1 + chunk[0]))
    return [2 * item for item in chunk]


def _die(chunk):
    os.kill(os.getpid(), signal.SIGKILL)


def test_results_come_in_order():
    chunks = [[i, i + 1] for i in range(9)]
    expected = [[2 * i, 2 * i + 2] for i in range(9)]
    assert list(map_chunks(_double, iter(chunks), 2)) == expected


def test_work_is_drawn_as_it_goes_on():
    drawn = []

    def chunks():
        for i in range(100):
            drawn.append(i)
            yield [i]

    results = map_chunks(_double, chunks(), 2)
    next(results)
    assert len(drawn) < 20
    results.close()


def test_a_killed_worker_is_an_error_with_a_mend():
    with pytest.raises(StemstackError, match=r"was killed.*fewer jobs"):
        list(map_chunks(_die, [[0], [1]], 2))
