"""The clock of a time limit, on clocks of our own."""

import time
from collections import deque

import pytest

from stemstack.runs.time_limit import deadline as planning_clock
from stemstack.runs.time_limit.deadline import Deadline


@pytest.fixture
def now(monkeypatch):
    """A time that a test sets forward."""
    at = [0.0]
    monkeypatch.setattr(planning_clock.time, "monotonic", lambda: at[0])
    return at


def test_folds_are_dealt_out_while_the_next_would_end_in_time(now):
    clock, dealt = Deadline(100.0), []
    for wave in clock.waves("lr", deque(range(7)), 2):
        dealt.append(wave)
        now[0] += 30
    # 97 s are for models: after 90, a wave of 30 would not end in time.
    assert dealt == [[0, 1], [2, 3], [4, 5]]
    assert clock.unfinished == {
        "lr": "1 of 7 folds were still to be fitted when the time limit came near"
    }


def test_what_was_foretold_decides_on_the_first_fold_only(now):
    clock = Deadline(100.0)
    clock.expected["net"] = 98.0
    assert list(clock.waves("net", deque([1]), 1)) == []
    clock.expected["net"], done = 60.0, []
    for wave in clock.waves("net", deque([1, 2, 3]), 1):
        done += wave
        now[0] += 10
    assert done == [1, 2, 3]


def test_time_is_kept_for_the_stack(now):
    clock = Deadline(100.0)
    clock.closing = 50.0
    # 3 % and the stack's are kept.
    assert clock.left == 47.0


def test_the_alarm_breaks_off_what_takes_longer():
    clock = Deadline(0.05)
    with clock.alarm("net"):
        while True:
            time.sleep(0.001)
    assert clock.unfinished["net"] == "it was broken off when the time limit came near"


def test_what_ends_in_time_hears_no_alarm():
    clock = Deadline(60.0)
    with clock.alarm("net"):
        pass
    assert clock.unfinished == {}
