"""Parallel maps over processes; results keep their order and are not accumulated."""

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
from .threads import one_blas_thread

# Chunks submitted per process: one being computed, the others so that no process waits.
_CHUNKS_PER_JOB = 3


def forked_map(function, chunks, n_jobs):
    """Map a function over chunks of short tasks, in processes of one thread each.

    On Linux the processes are forked: they start immediately, with all modules imported and
    compiled so far, and share their memory. On other systems they are joblib's.

    Parameters
    ----------
    function : callable
        Must be picklable.
    chunks : iterable
        Arguments of the function; consumed lazily, a few chunks ahead.
    n_jobs : int
        Number of processes.

    Yields
    ------
    result
        The result of each chunk, in order.

    Raises
    ------
    StemstackError
        A process was killed, for example for lack of memory.

    See Also
    --------
    parallel_map : The same for long tasks, with progress, in joblib's processes.

    Examples
    --------
    >>> list(forked_map(sum, [[1, 2], [3, 4]], n_jobs=2))
    [3, 7]
    """
    if sys.platform == "linux":
        return _map_forked(function, chunks, n_jobs)
    parallel = joblib.Parallel(n_jobs, return_as="generator", inner_max_num_threads=1)
    return parallel(joblib.delayed(function)(chunk) for chunk in chunks)


def _map_forked(function, chunks, n_jobs):
    context = multiprocessing.get_context("fork")
    pending = deque()
    with ProcessPoolExecutor(
        n_jobs, mp_context=context, initializer=_start_worker, initargs=[os.getpid()]
    ) as pool:
        try:
            for chunk in chunks:
                pending.append(_submit(pool, function, chunk))
                if len(pending) > _CHUNKS_PER_JOB * n_jobs:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool as error:
            raise StemstackError(
                f"One of {n_jobs} worker processes was killed, perhaps for lack of memory; try "
                "again with fewer jobs. Results computed so far are in the cache, if there is one"
            ) from error
        finally:
            for future in pending:
                future.cancel()


def _submit(pool, function, chunk):
    with warnings.catch_warnings():
        # Python warns about forking in a process with threads, as a child may wait forever for a
        # lock that a thread holds. These children take no locks: they read files and run compiled
        # kernels.
        warnings.filterwarnings("ignore", ".*use of fork", DeprecationWarning)
        return pool.submit(function, chunk)


def _start_worker(parent):
    """Prepare a worker: one BLAS thread, Ctrl-C left to the parent, exit together with it."""
    threadpool_limits(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, args=[parent], daemon=True).start()


def _exit_with_parent(parent):
    # A killed parent does not notify its workers, which would wait for work forever.
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
        Limit of BLAS and OpenMP threads within each call. By default BLAS has one and OpenMP, which
        PyTorch uses, has no limit. With 1, no result depends on the number of processors, and small
        fits do not wait for each other.

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
    folder = os.getcwd()
    calls = (
        delayed(_call)(function, arguments, n_threads, folder)
        for arguments in zip(*iterables, strict=True)
    )
    return _with_progress(Parallel(n_jobs, return_as="generator")(calls), advance)


def _with_progress(results, advance):
    for result in results:
        yield result
        if advance is not None:
            advance(1)


def _call(function, arguments, n_threads, folder):
    # joblib reuses workers, whose working directory is that of the process when they started.
    if os.getcwd() != folder:
        os.chdir(folder)
    with one_blas_thread() if n_threads is None else threadpool_limits(n_threads):
        return function(*arguments)
