"""Fits on a Dask cluster.

Workers read the clips and write ledger, models and features themselves: all must see the data, the
run and the cache under the same paths. A task carries a fold number only. The tasks of a worker
that dies are run again elsewhere, with the same result.
"""

import pickle
import re
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import threadpool_limits

from ...exceptions import DataError, UsageError, import_optional
from ...utils.parallel import interrupts_blocked

_GPU = "GPU"
_LOCAL = re.compile(r"local:([1-9]\d*)")
_ADDRESS = re.compile(r"(tcp|tls|ucx|ws|wss)://.+:\d+")


@contextmanager
def connect(scheduler):
    """Connect to a Dask scheduler for the duration of a ``with`` block.

    Parameters
    ----------
    scheduler : str or None
        ``local:N`` starts N worker processes on this machine; an address such as
        ``tcp://host:8786`` uses the workers of that scheduler.

    Yields
    ------
    distributed.Client or None
        None without a scheduler.

    Raises
    ------
    UsageError
        The scheduler is neither of these, or does not answer.
    MissingExtraError
        The ``scale`` extra is not installed.
    """
    if scheduler is None:
        yield None
        return
    check_scheduler(scheduler)
    distributed = import_optional("distributed", "scale")
    local = _LOCAL.fullmatch(scheduler)
    if not local:
        with _open_client(distributed, scheduler) as client:
            yield client
        return
    options = {"n_workers": int(local[1]), "threads_per_worker": 1, "processes": True}
    with interrupts_blocked():
        cluster = distributed.LocalCluster(**options, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        yield client


def check_scheduler(scheduler):
    """Raise UsageError unless a scheduler is ``local:N`` or an address."""
    if not _LOCAL.fullmatch(scheduler) and not _ADDRESS.fullmatch(scheduler):
        raise UsageError(
            f"The scheduler must be 'local:N', N worker processes on this machine, or an address "
            f"such as tcp://host:8786. Got {scheduler!r}."
        )


def run_on_cluster(client, shared, function, calls, *, on_gpu=None):
    """Call a function on the workers, in any order.

    Parameters
    ----------
    client : distributed.Client
    shared : object
        First argument of every call; sent once to each worker.
    function : callable
    calls : sequence of tuple
        The other arguments of each call.
    on_gpu : sequence of bool, optional
        Whether each call needs a GPU; no call by default. A worker started with
        ``--resources GPU=1`` runs one such call at a time.

    Yields
    ------
    result
        Of each call, as it completes.

    Raises
    ------
    UsageError
        There is no worker, or none with a GPU where one is needed.
    DataError
        A task killed several workers, or the connection to the scheduler is lost.
    """
    distributed = import_optional("distributed", "scale")
    on_gpu = [False] * len(calls) if on_gpu is None else on_gpu
    _check_workers(client, any(on_gpu))
    # Unlike Dask's own pickles, these hold the code of classes that workers cannot import.
    pack = import_optional("cloudpickle", "scale").dumps
    # A task, not scattered data: it is computed again if its only worker dies.
    stored = client.submit(_identity, pack(shared), pure=False)
    futures = [
        client.submit(
            _call, function, stored, pack(call), resources={_GPU: 1} if gpu else {}, pure=False
        )
        for call, gpu in zip(calls, on_gpu, strict=True)
    ]
    lost = distributed.KilledWorker, distributed.comm.CommClosedError, CancelledError
    for future in distributed.as_completed(futures):
        try:
            yield future.result()
        except lost as error:
            raise DataError(
                f"The cluster at {client.scheduler.address} failed ({error}): check that its "
                "scheduler runs and its workers have enough memory, then continue with --resume"
            ) from error


def _open_client(distributed, address):
    try:
        return distributed.Client(address, timeout=5)
    except OSError as error:
        raise UsageError(
            f"No scheduler answers at {address}; start one with 'dask scheduler', and workers with "
            f"'dask worker {address} --nthreads 1'"
        ) from error


def _check_workers(client, gpu_needed):
    address = client.scheduler.address
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    if not workers:
        raise UsageError(
            f"The scheduler at {address} has no workers; start some with "
            f"'dask worker {address} --nthreads 1'"
        )
    if gpu_needed and not any(worker["resources"].get(_GPU) for worker in workers):
        raise UsageError(
            f"No worker at {address} has a GPU; start some with "
            f"'dask worker {address} --nthreads 1 --resources GPU=1'"
        )


def _identity(value):
    return value


# Every call on a worker is given the same bytes.
_unpack_shared = lru_cache(maxsize=1)(pickle.loads)


def _call(function, shared, arguments):
    with threadpool_limits(1):
        return function(_unpack_shared(shared), *pickle.loads(arguments))
