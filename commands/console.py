"""What prints tables on stdout."""

import os

from rich.console import Console

# Where stdout is no terminal there is no width to fit, and narrow columns read badly.
_PIPE_WIDTH = 140


def make_console():
    """Make a console as wide as the terminal, ``COLUMNS``, or what a table reads well in."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPE_WIDTH
    return console
