"""What the two writers of demo data share: checks of their parameters, and parallel jobs."""

from numbers import Integral, Real

from joblib import Parallel, delayed

from ..errors import UsageError

_SAMPLE_RATES = (8000, 192000)


def check_at_least(least, **parameters):
    """Refuse parameters that are too small, or not whole where ``least`` is.

    Parameters
    ----------
    least : int or float
        The smallest value allowed; a whole number asks for whole numbers.
    **parameters
        The values by name.

    Raises
    ------
    UsageError
    """
    kind, noun = (Integral, "a whole number") if isinstance(least, int) else (Real, "a number")
    for name, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, kind) or not value >= least:
            raise UsageError(f"{name} must be {noun}, at least {least:g}. Got {value!r} instead.")


def check_text(**parameters):
    """Refuse parameters that are not text.

    Raises
    ------
    UsageError
    """
    for name, value in parameters.items():
        if not isinstance(value, str):
            raise UsageError(f"{name} must be text. Got {value!r} instead.")


def check_sample_rate(sr):
    """Refuse a sample rate that is no whole number between 8 and 192 kHz.

    Raises
    ------
    UsageError
    """
    low, high = _SAMPLE_RATES
    if isinstance(sr, bool) or not isinstance(sr, Integral) or not low <= sr <= high:
        raise UsageError(
            f"sr must be a whole number of Hz from {low} to {high}. Got {sr!r} instead."
        )


def run_jobs(function, jobs, n_jobs, progress):
    """Call a function with each tuple of arguments, in processes.

    Parameters
    ----------
    function : callable
    jobs : list of tuple
    n_jobs : int or None
        As in joblib.
    progress : callable or None
        Called with 1 for every job done.

    Raises
    ------
    UsageError
        ``n_jobs`` is 0.
    """
    if n_jobs == 0:
        raise UsageError(
            "n_jobs must be None, a number of processes, or negative to count from all the cores. "
            "Got 0 instead."
        )
    done = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(function)(*job) for job in jobs
    )
    for _ in done:
        if progress is not None:
            progress(1)
