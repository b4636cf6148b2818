"""Call functions on damaged input: a right result or one of stemstack's errors, in bounds."""

import os
import random
import signal
import sys
import time
import warnings
from collections import Counter
from contextlib import contextmanager

from hypothesis import HealthCheck, given, seed, settings

from stemstack.exceptions import AudioWarning, DataWarning, StemstackError

# Of each kind of file; unset, the number of inputs is fixed, and they are the same every time.
MINUTES = float(os.environ.get("FUZZ_MINUTES") or 0)
# Of one input. CPU time, which does not depend on what else the machine does.
MAX_CPU_SECONDS, MAX_GROWTH_MB = 30, 600
_OPTIONS = {
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "report_multiple_bugs": False,
}


def fuzz(check, example, inputs, n_inputs):
    """Check a function on an undamaged example, then on damaged input.

    Parameters
    ----------
    check : callable
        ``check(value)`` uses the value, and asserts that the result is right. It may raise a
        StemstackError; whatever else it raises is a fault.
    example : object
        A value for which it raises nothing.
    inputs : hypothesis strategy
    n_inputs : int
        Number of inputs without FUZZ_MINUTES.

    Returns
    -------
    Counter
        Number of inputs that were ``"read"`` and ``"refused"``.
    """
    outcomes = Counter()

    def bounded(value):
        with limits():
            try:
                check(value)
                outcomes["read"] += 1
            except StemstackError as error:
                assert str(error).strip()
                outcomes["refused"] += 1

    # Of the input that fails, which is a whole file.
    warnings.filterwarnings("ignore", message="Generating overly large repr")
    # What the first call imports and compiles belongs to no input.
    with own_warnings_only():
        check(example)
    if not MINUTES:
        options = settings(derandomize=True, max_examples=n_inputs, **_OPTIONS)
        options(given(inputs)(bounded))()
        return outcomes
    end = time.monotonic() + 60 * MINUTES
    while time.monotonic() < end:
        options = settings(max_examples=500, **_OPTIONS)
        seed(random.getrandbits(64))(options(given(inputs)(bounded)))()
    print(f"{check.__qualname__}: {dict(outcomes)}, {MINUTES:g} minutes")
    return outcomes


@contextmanager
def own_warnings_only():
    """Raise warnings as errors, except stemstack's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for category in (AudioWarning, DataWarning):
            warnings.simplefilter("ignore", category)
        yield


@contextmanager
def limits():
    """Fail if the block takes more time or memory than any damaged file may, or warns."""
    before = peak_mb()
    with own_warnings_only(), _limited_time():
        yield
    growth = peak_mb() - before
    assert growth < MAX_GROWTH_MB, f"{growth:.0f} MB"


@contextmanager
def _limited_time():
    if not hasattr(signal, "SIGPROF"):
        yield  # Windows
        return

    def stop(number, frame):
        raise AssertionError(f"more than {MAX_CPU_SECONDS} s of CPU time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MAX_CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def peak_mb():
    """Return the peak memory of this process in MB; 0 where it is not known."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
