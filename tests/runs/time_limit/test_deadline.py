"""The countdown of a time limit, on a clock that tests set."""

import time
from collections import deque

import pytest

from stemstack.runs import Config, Run
from stemstack.runs.time_limit import deadline
from stemstack.runs.time_limit.deadline import TimeLimit


def start(seconds):
    """Start the countdown of a new run."""
    return TimeLimit(seconds, Run("NEW"), Config("DATA"))


@pytest.fixture
def now(monkeypatch):
    """A time that a test sets forward."""
    now = [0.0]
    monkeypatch.setattr(deadline.time, "monotonic", lambda: now[0])
    return now


def test_batches_stop_before_the_deadline(now):
    limit, batches = start(100.0), []
    for batch in limit.batches("lr", deque(range(7)), 2):
        batches.append(batch)
        now[0] += 30
    # 97 s are for models: after 90, a batch of 30 would not end in time.
    assert batches == [[0, 1], [2, 3], [4, 5]]
    assert limit.unfinished == {
        "lr": "1 of 7 folds were still to be fitted when the time limit came near"
    }


def test_measured_fold_replaces_the_estimate(now):
    limit = start(100.0)
    limit.expected["net"] = 98.0
    assert list(limit.batches("net", deque([1]), 1)) == []
    limit.expected["net"], done = 60.0, []
    for batch in limit.batches("net", deque([1, 2, 3]), 1):
        done += batch
        now[0] += 10
    assert done == [1, 2, 3]


def test_slowest_batch_is_extrapolated(now):
    limit, done = start(100.0), []
    for batch in limit.batches("net", deque([45, 10, 10]), 1):
        done += batch
        now[0] += batch[0]
    # After 55 s, 42 s are left, and another fold might take 45 s.
    assert done == [45, 10]
    assert list(limit.unfinished) == ["net"]


def test_time_is_reserved_for_the_meta_model(now):
    limit = start(100.0)
    limit.closing = 50.0
    # 3 % and the closing time are reserved.
    assert limit.left == 47.0


def test_interrupt_stops_a_fit_at_the_deadline():
    limit = start(0.05)
    with limit.interrupt("net"):
        while True:
            time.sleep(0.001)
    assert limit.unfinished["net"] == "it was interrupted when the time limit came near"


def test_interrupt_lets_a_fast_fit_finish():
    limit = start(60.0)
    with limit.interrupt("net"):
        pass
    assert limit.unfinished == {}
