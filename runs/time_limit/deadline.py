"""The clock of a run with a time limit: no fold is begun that would not end in time."""

import signal
import threading
import time
from contextlib import contextmanager

# Share of the limit that must be left when the last fold ends, beside what the stack takes.
_SPARE = 0.03


class DeadlineExceeded(BaseException):
    """The time for models is over; raised amid whatever is going on, so that no one takes it for an
    error of theirs."""


class Deadline:
    """Counts down a time limit from its making.

    Parameters
    ----------
    limit : float
        In s.

    Attributes
    ----------
    expected : dict of str to float
        What a fold of each model is expected to take, in s; corrected as folds are fitted.
    closing : float
        Seconds that are kept for the stack and what comes after it.
    unfinished : dict of str to str
        Why, by model.
    """

    def __init__(self, limit):
        self.limit = limit
        self.expected = {}
        self.closing = 0.0
        self.unfinished = {}
        self._begun = time.monotonic()

    @property
    def elapsed(self):
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    @property
    def left(self):
        """Seconds left for models."""
        return self.limit * (1 - _SPARE) - self.closing - self.elapsed

    def waves(self, name, calls, width):
        """Deal the folds of a model out, side by side, as long as they are likely to end in time.

        Parameters
        ----------
        name : str
        calls : deque
            Emptied from its left.
        width : int
            Folds fitted at a time.

        Yields
        ------
        list
            Of the next calls. When the generator is asked for more, they are taken to be done.
        """
        total, longest = len(calls), self.expected.get(name, 0.0)
        while calls:
            if longest > self.left:
                self.give_up(name, f"{len(calls)} of {total} folds were still to be fitted")
                return
            begun = time.monotonic()
            yield [calls.popleft() for _ in range(min(width, len(calls)))]
            took = time.monotonic() - begun
            # The foretold time counts until there is one that was measured.
            longest = took if len(calls) + width >= total else max(longest, took)

    def give_up(self, name, why):
        """Note that a model is not finished."""
        self.unfinished[name] = f"{why} when the time limit came near"

    @contextmanager
    def alarm(self, name):
        """Break off what is done for a model when the time for models is over.

        Where signals are (not on Windows, nor beside the main thread); elsewhere a fold that takes
        longer than foretold ends late.
        """
        if not hasattr(signal, "setitimer") or not _in_main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, _ring)
        signal.setitimer(signal.ITIMER_REAL, max(0.001, self.left))
        try:
            yield
        except DeadlineExceeded:
            self.give_up(name, "it was broken off")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _ring(signum, frame):
    raise DeadlineExceeded


def _in_main_thread():
    return threading.current_thread() is threading.main_thread()
