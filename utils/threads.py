"""One thread for BLAS, so that results do not depend on the number of processors.

OpenBLAS splits a product among its threads, and each split sums in another order: the last bit of a
result depends on the number of threads, which is another one in the main process, in worker
processes and on another machine. The matrices of this package are small; threads that wait for each
other cost more time than they save.
"""

import os
import sys
import threading
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController


class _BlasLimit:
    """The limit of a process. BLAS has one number of threads for all Python threads.

    So the first user sets the limit and the last one lifts it.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._n_users = 0
        self._n_modules = 0
        self._blas = None
        self._limits = []
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew_lock)

    def acquire(self):
        with self._lock:
            # Finding the libraries takes milliseconds; there are new ones only after an import.
            found_all = self._n_modules == len(sys.modules)
            if not found_all:
                self._blas = ThreadpoolController().select(user_api="blas")
                self._n_modules = len(sys.modules)
            if not (found_all and self._limits):
                self._take_control()
                self._limits.append(self._blas.limit(limits=1))
                self._take_control()
            self._n_users += 1

    def release(self):
        with self._lock:
            self._n_users -= 1
            if self._n_users:
                return
            self._take_control()
            while self._limits:
                self._limits.pop().restore_original_limits()
            self._take_control()

    def _take_control(self):
        """Let any Python thread change the number of threads.

        Newer threadpoolctl ignores all threads but the first that changed it: here the last user
        may be another one.
        """
        for library in self._blas.lib_controllers:
            if hasattr(library, "clear_controlling_thread"):
                library.clear_controlling_thread(force=True)

    def _renew_lock(self):
        # Another thread may have held the lock when the process was forked.
        self._lock = threading.Lock()


_LIMIT = _BlasLimit()


@contextmanager
def one_blas_thread():
    """Limit BLAS to one thread, in a ``with`` statement or as the decorator of a function.

    May be nested, and used by several Python threads at a time. OpenMP, and with it PyTorch and
    LightGBM, has its own limits.

    See Also
    --------
    parallel_map : Maps a function over processes, each call of which is limited like this.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.utils.threads import one_blas_thread
    >>> with one_blas_thread():
    ...     product = np.ones((300, 300)) @ np.ones((300, 300))
    >>> @one_blas_thread()
    ... def multiply(a, b):
    ...     return a @ b
    """
    _LIMIT.acquire()
    try:
        yield
    finally:
        _LIMIT.release()
