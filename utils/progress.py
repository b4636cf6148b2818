"""How a long computation tells how far it is; the quiet way, for scripts and tests."""

from contextlib import contextmanager


class NullProgress:
    """Say nothing. The command line has a child of this that draws."""

    @contextmanager
    def stage(self, name, total=None):
        """Announce a stage.

        Parameters
        ----------
        name : str
        total : int, optional
            Steps it has; none for one that cannot be counted.

        Yields
        ------
        callable
            To be called with the number of steps done since its last call.
        """
        yield lambda done=1: None

    def log(self, message):
        """Tell one thing worth knowing."""
