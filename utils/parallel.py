"""Parallel maps over processes; results keep their order and are not accumulated."""

import multiprocessing
import multiprocessing.resource_tracker
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import lru_cache

import joblib
import psutil
from joblib import Parallel, delayed
from joblib.externals.loky.backend import resource_tracker as loky_tracker
from joblib.parallel import LokyBackend, get_active_backend
from threadpoolctl import threadpool_limits

from ..exceptions import StemstackError, UsageError
from .leftovers import discard_unfinished
from .threads import one_blas_thread

# Chunks submitted per process: one being computed, the others so that no process waits.
_CHUNKS_PER_JOB = 3
# Seconds that worker processes have to remove their temporary files before they are killed.
_GRACE = 15


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


@contextmanager
def interrupts_blocked():
    """Block Ctrl-C for this thread, and for good in processes that are started meanwhile.

    Workers leave Ctrl-C to their parent, which gets it after the block.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield  # Windows
        return
    # They would unblock it when they are started.
    multiprocessing.resource_tracker.ensure_running()
    loky_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _submit(pool, function, chunk):
    with interrupts_blocked(), warnings.catch_warnings():
        # Python warns about forking in a process with threads, as a child may wait forever for a
        # lock that a thread holds. These children take no locks: they read files and run compiled
        # kernels.
        warnings.filterwarnings("ignore", ".*use of fork", DeprecationWarning)
        return pool.submit(function, chunk)


def _start_worker(parent):
    """Prepare a forked worker: one BLAS thread, and the signals of :func:`_follow_parent`."""
    threadpool_limits(1)
    _follow_parent(parent)


@lru_cache(maxsize=1)
def _follow_parent(parent):
    """Let this worker process end with its parent: once, before its first task.

    Ctrl-C is left to the parent, which ends its workers by SIGTERM: they remove what they are
    writing. A parent that was killed does not notify its workers, which would wait for work
    forever: they check whether it still exists.
    """
    if sys.platform != "win32":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda number, frame: _exit_worker())
    if not _is_parent(parent):
        _exit_worker()
    threading.Thread(target=_exit_with_parent, args=[parent], daemon=True).start()


def _exit_with_parent(parent):
    while _is_parent(parent):
        time.sleep(1)
    _exit_worker()


def _is_parent(pid):
    # An orphan gets another parent, except on Windows.
    return psutil.pid_exists(pid) if sys.platform == "win32" else os.getppid() == pid


def _exit_worker():
    discard_unfinished()
    os._exit(1)


def stop_workers():
    """End all processes that this one has started, after an interrupt."""
    _stop(lambda command: "resource_tracker" not in command)


def _stop(is_worker):
    """End those child processes whose command line is that of a worker."""
    children = [p for p in psutil.Process().children(recursive=True) if is_worker(_command(p))]
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    _, running = psutil.wait_procs(children, timeout=_GRACE)
    for child in running:
        with suppress(psutil.NoSuchProcess):
            child.kill()


def _command(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


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
    with interrupts_blocked():
        results = Parallel(n_jobs, return_as="generator", backend=worker_backend())(calls)
    return _with_progress(results, advance)


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


class _FollowingBackend(LokyBackend):
    """joblib's worker processes, which end with their parent."""

    def configure(self, n_jobs=1, parallel=None, **options):
        options.update(initializer=_follow_parent, initargs=(os.getpid(),))
        return super().configure(n_jobs, parallel, **options)

    def abort_everything(self, ensure_ready=True):
        # joblib kills the workers, also after an error of one: let them remove temporary files.
        _stop(lambda command: "popen_loky" in command)
        super().abort_everything(ensure_ready)


def worker_backend():
    """Return the ``backend`` of joblib's :class:`~joblib.Parallel` whose workers end with this one.

    Returns
    -------
    joblib backend or None
        None, the default, where the user has chosen another backend than processes.
    """
    active, _ = get_active_backend()
    return _FollowingBackend() if type(active) is LokyBackend else None
