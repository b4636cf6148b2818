"""Fits and predictions side by side, with the same bits whatever the number of processes."""

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits


def run_side_by_side(function, calls, *, n_jobs, on_gpu=False):
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
