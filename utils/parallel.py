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

from ..exceptions import StemstackError, UsageError

# Chunks handed out for each process: one in work, the others so that it never waits for the next.
_AHEAD = 3


def forked_map(function, chunks, n_jobs):
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


def parallel_map(function, *iterables, n_jobs=None, advance=None, n_threads=None):
    """Map a function over iterables in joblib's worker processes.

    Parameters
    ----------
    function : callable
        Must be picklable when ``n_jobs`` is not 1.
    *iterables : iterable
        Its arguments, as in the built-in :func:`map`; all of the same length.
    n_jobs : int, optional
        Number of processes. None means 1, -1 all processors, as in joblib.
    advance : callable, optional
        Called with 1 after each result, such as the callable that
        :meth:`~stemstack.utils.progress.NullProgress.stage` yields.
    n_threads : int, optional
        Limit of BLAS and OpenMP threads within each call; no limit by default. With 1, results do
        not depend on the number of processors, and small fits do not wait for each other.

    Returns
    -------
    iterator
        The results, in the order of the arguments.

    Raises
    ------
    UsageError
        If ``n_jobs`` is 0.

    See Also
    --------
    forked_map : The same for chunks of short tasks, in forked processes.

    Examples
    --------
    >>> list(parallel_map(pow, [2, 3], [3, 2]))
    [8, 9]
    """
    if n_jobs == 0:
        raise UsageError(
            "n_jobs must be None, a number of processes, or negative to count from all the cores. "
            "Got 0 instead."
        )
    calls = (
        delayed(_call)(function, arguments, n_threads) for arguments in zip(*iterables, strict=True)
    )
    return _advancing(Parallel(n_jobs, return_as="generator")(calls), advance)


def _advancing(results, advance):
    for result in results:
        yield result
        if advance is not None:
            advance(1)


def _call(function, arguments, n_threads):
    if n_threads is None:
        return function(*arguments)
    with threadpool_limits(n_threads):
        return function(*arguments)
