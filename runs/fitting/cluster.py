"""Work given to the processes of a Dask cluster, on this machine or on others.

Workers read the clips and write the run's ledger, models and features themselves, so every one must
see the data, the run and the cache under the same paths. What is sent is small: what to fit, and
which fold. A worker that dies takes nothing with it: its tasks are given to others, and what they
write again is the same.
"""

import re
from concurrent.futures import CancelledError
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from ...exceptions import DataError, UsageError, import_optional

_GPU = "GPU"
_LOCAL = re.compile(r"local:([1-9]\d*)")
_ADDRESS = re.compile(r"(tcp|tls|ucx|ws|wss)://.+:\d+")


@contextmanager
def connect(scheduler):
    """Connect to a scheduler for the length of a block.

    Parameters
    ----------
    scheduler : str or None
        ``local:N`` starts N worker processes here; an address such as ``tcp://host:8786`` takes the
        workers there are; None gives none.

    Yields
    ------
    distributed.Client or None

    Raises
    ------
    UsageError
        The text is neither, or nobody answers there.
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
        with _reach(distributed, scheduler) as client:
            yield client
        return
    processes = {"n_workers": int(local[1]), "threads_per_worker": 1, "processes": True}
    with (
        distributed.LocalCluster(**processes, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def check_scheduler(text):
    """Refuse what is no scheduler.

    Raises
    ------
    UsageError
    """
    if not _LOCAL.fullmatch(text) and not _ADDRESS.fullmatch(text):
        raise UsageError(
            f"The scheduler must be 'local:N', N worker processes on this machine, or an address "
            f"such as tcp://host:8786. Got {text!r}."
        )


def run_on_cluster(client, shared, function, calls):
    """Call a function many times on the workers, in any order.

    Parameters
    ----------
    client : distributed.Client
    shared : object
        First argument of every call; it travels once to each worker.
    function : callable
    calls : sequence of (bool, tuple)
        Whether a call needs a GPU, and its other arguments. A worker that was started with
        ``--resources GPU=1`` takes one such call at a time.

    Yields
    ------
    result
        Of each call, as they come.

    Raises
    ------
    UsageError
        There is no worker, or none with a GPU where one is needed.
    DataError
        A task took several workers with it, or the scheduler is gone.
    """
    distributed = import_optional("distributed", "scale")
    _check_workers(client, any(on_gpu for on_gpu, _ in calls))
    # A task, not scattered data: were its only holder to die, it would be made again.
    held = client.submit(_hold, shared, pure=False)
    futures = [
        client.submit(
            _call,
            function,
            held,
            *arguments,
            resources={_GPU: 1} if on_gpu else {},
            pure=False,
        )
        for on_gpu, arguments in calls
    ]
    lost = distributed.KilledWorker, distributed.comm.CommClosedError, CancelledError
    for future in distributed.as_completed(futures):
        try:
            yield future.result()
        except lost as error:
            raise DataError(
                f"The cluster at {client.scheduler.address} gave up ({error}): look whether its "
                "scheduler runs and its workers have memory enough, then go on with --resume"
            ) from error


def _reach(distributed, address):
    try:
        return distributed.Client(address, timeout=5)
    except OSError as error:
        raise UsageError(
            f"No scheduler answers at {address}; start one with 'dask scheduler', and workers with "
            f"'dask worker {address} --nthreads 1'"
        ) from error


def _check_workers(client, gpu_needed):
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    if not workers:
        raise UsageError(
            f"The scheduler at {client.scheduler.address} has no workers; start some with "
            f"'dask worker {client.scheduler.address} --nthreads 1'"
        )
    if gpu_needed and not any(worker["resources"].get(_GPU) for worker in workers):
        raise UsageError(
            f"No worker at {client.scheduler.address} has a GPU to give; start some with "
            f"'dask worker {client.scheduler.address} --nthreads 1 --resources GPU=1'"
        )


def _hold(value):
    return value


def _call(function, shared, *arguments):
    with threadpool_limits(1):
        return function(shared, *arguments)
