"""Work shared out to processes: results in order, in memory that does not grow with the work."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import joblib
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from ..exceptions import StemstackError

# Chunks handed out for each process: one in work, the others so that it never waits for the next.
_AHEAD = 3


def map_chunks(function, chunks, n_jobs):
    """Apply a function to chunks in processes of one thread each.

    On Linux the processes are forked: they start at once, with all that is imported and compiled
    so far, and share its memory. Elsewhere they are joblib's.

    Parameters
    ----------
    function : callable
        Picklable.
    chunks : iterable
        Drawn from as the work goes on, a few chunks ahead.
    n_jobs : int

    Yields
    ------
    result
        Of each chunk, in order.

    Raises
    ------
    StemstackError
        A process was killed, as by lack of memory.
    """
    if sys.platform == "linux":
        return _map_forked(function, chunks, n_jobs)
    parallel = joblib.Parallel(n_jobs, return_as="generator", inner_max_num_threads=1)
    return parallel(joblib.delayed(function)(chunk) for chunk in chunks)


def _map_forked(function, chunks, n_jobs):
    context = multiprocessing.get_context("fork")
    waiting = deque()
    with ProcessPoolExecutor(
        n_jobs, mp_context=context, initializer=_settle, initargs=[os.getpid()]
    ) as pool:
        try:
            for chunk in chunks:
                waiting.append(_submit(pool, function, chunk))
                if len(waiting) > _AHEAD * n_jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise StemstackError(
                f"One of {n_jobs} worker processes was killed, perhaps for lack of memory: try "
                "again with fewer jobs; what is computed so far is kept when there is a cache"
            ) from error
        finally:
            for future in waiting:
                future.cancel()


def _submit(pool, function, chunk):
    with warnings.catch_warnings():
        # Python warns of forking beside threads, whose locks a child may wait for in vain. The
        # children take none: they read files and run compiled kernels.
        warnings.filterwarnings("ignore", ".*use of fork", DeprecationWarning)
        return pool.submit(function, chunk)


def _settle(parent):
    """In a worker: one thread for linear algebra; leave Ctrl-C to the parent; end when it ends."""
    threadpool_limits(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=[parent], daemon=True).start()


def _end_with(parent):
    # A parent that was killed sends no word: its workers would wait for work for ever.
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def parallel_starmap(function, calls, *, n_jobs, on_gpu=False):
    """Call a function many times, in processes of one thread each.

    One thread, because fits are small and many: threads within one would wait for each other, and
    sums would depend on how many there are.

    Parameters
    ----------
    function : callable
    calls : sequence of tuple
        Arguments of each call.
    n_jobs : int or None
    on_gpu : bool, default=False
        Call one after the other in this process: a GPU is filled by one.

    Returns
    -------
    iterator
        Over what each call returned, in order.
    """
    if on_gpu:
        return (function(*arguments) for arguments in calls)
    return Parallel(n_jobs, return_as="generator")(
        delayed(_on_one_thread)(function, *arguments) for arguments in calls
    )


def _on_one_thread(function, *arguments):
    with threadpool_limits(1):
        return function(*arguments)
