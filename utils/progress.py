"""Progress protocol: stages with countable steps, and messages.

Functions that run several stages take a ``progress`` object; functions that do the steps of one
stage take the ``advance`` callable that :meth:`NullProgress.stage` yields.
"""

from contextlib import contextmanager


class NullProgress:
    """Progress display that shows nothing.

    Base class of displays: the command line has a subclass that draws bars.

    See Also
    --------
    stemstack.utils.resources.Resources : Passes a display on to functions.

    Examples
    --------
    >>> progress = NullProgress()
    >>> with progress.stage("reading clips", total=2) as advance:
    ...     for _ in range(2):
    ...         advance()
    """

    @contextmanager
    def stage(self, name, total=None):
        """Announce a stage for the duration of a ``with`` block.

        Parameters
        ----------
        name : str
        total : int, optional
            Number of steps; None when they cannot be counted.

        Yields
        ------
        callable
            Takes the number of steps done since its last call, 1 by default.
        """
        yield lambda done=1: None

    def log(self, message):
        """Show a message.

        Parameters
        ----------
        message : str or rich renderable
        """


# Default of ``progress`` parameters.
NO_PROGRESS = NullProgress()
