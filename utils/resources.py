"""Computing resources of a task: cache folder, worker processes, progress display."""

from dataclasses import dataclass, field
from pathlib import Path

from .progress import NullProgress


@dataclass(frozen=True)
class Resources:
    """Cache folder, number of processes and progress display of a computation.

    No result depends on them. Functions that compute many clips or models take one as
    ``resources``.

    Parameters
    ----------
    cache : Path or None, default=None
        Folder of converted stems and computed features. None computes without a cache, where that
        is possible.
    n_jobs : int or None, default=None
        Number of worker processes, as in joblib; None means 1.
    progress : NullProgress
        Shows the stages of the work; shows nothing by default.

    See Also
    --------
    stemstack.utils.progress.NullProgress : The progress protocol.

    Examples
    --------
    >>> Resources(n_jobs=2).n_jobs
    2
    """

    cache: Path | None = None
    n_jobs: int | None = None
    progress: NullProgress = field(default_factory=NullProgress)


# A default argument, shared because it is immutable.
DEFAULT_RESOURCES = Resources()
