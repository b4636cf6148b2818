"""Progress on stderr: bars on a terminal, one line per stage elsewhere.

Drawn by rich, without colour if ``NO_COLOR`` is set.
"""

import os
import time
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.table import Column
from rich.text import Text

from ...utils.formatting import visible
from ...utils.progress import NullProgress
from ...utils.resources import Resources

# Width of a terminal, in characters, below which only name, count and remaining time fit.
_NARROW = 80
# Width of the numbers next to the name of a stage.
_NUMBERS = 24


class PlainConsole(Console):
    """Console that shows control characters of names as escapes.

    Strings are escaped before they are laid out; :func:`plain` does so for styled text.
    """

    def render_str(self, text, **options):
        """Return a string as text without control characters."""
        return super().render_str(visible(text, keep="\n\t"), **options)

    def render(self, renderable, options=None):
        """Render an object; text that was not escaped before it was laid out is escaped here."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(visible(segment.text, keep="\n"), segment.style)


def plain(text, style=""):
    """Return styled text of one line without control characters."""
    return Text(visible(text), style=style)


class RichProgress(NullProgress):
    """Progress display that draws bars by rich.

    Parameters
    ----------
    console : rich.console.Console, optional
        stderr by default.

    See Also
    --------
    stemstack.utils.progress.NullProgress : The progress protocol.
    """

    def __init__(self, console=None):
        self.console = console or PlainConsole(stderr=True, highlight=False)

    @contextmanager
    def stage(self, name, total=None):
        """Show a stage of ``total`` steps; yields a callable that takes a number of steps done."""
        start, name = time.perf_counter(), visible(name)
        with Progress(
            *_columns(self.console.width),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as bars:
            task = bars.add_task(_shorten(name, self.console.width), total=total)
            yield lambda done=1: bars.advance(task, done)
        counted = "" if total is None else f"{total} in "
        self.log(f"{name}: {counted}{time.perf_counter() - start:.1f} s")

    def log(self, message):
        """Print a line, or a table that fits the width of the terminal."""
        is_line = isinstance(message, str)
        text = visible(message) if is_line else message
        self.console.print(text, soft_wrap=is_line, markup=False)


class RateColumn(ProgressColumn):
    """Column of steps per second or, for long steps, per minute."""

    def render(self, task):
        """Format the rate of the last steps; empty before there is one."""
        return Text(show_rate(task.finished_speed or task.speed), style="progress.data.speed")


def show_rate(rate):
    """Format a number of steps per second.

    Parameters
    ----------
    rate : float or None

    Returns
    -------
    str

    Examples
    --------
    >>> show_rate(12.3), show_rate(0.05), show_rate(None)
    ('12.3/s', '3.0/min', '')
    """
    if not rate:
        return ""
    return f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min"


def make_progress(quiet):
    """Return a progress display, or one that shows nothing."""
    return NullProgress() if quiet else RichProgress()


def make_resources(cache, jobs, quiet):
    """Return the resources of a command from its options ``--cache``, ``--jobs``, ``--quiet``."""
    return Resources(cache, jobs, make_progress(quiet))


def _columns(width):
    """Return the columns that fit the width of the terminal."""
    fixed = {"table_column": Column(no_wrap=True)}
    name, count = TextColumn("{task.description}", **fixed), _CountColumn(**fixed)
    left = TimeRemainingColumn(compact=True, **fixed)
    if width < _NARROW:
        return name, count, left
    return name, BarColumn(), count, RateColumn(**fixed), TimeElapsedColumn(**fixed), left


def _shorten(name, width):
    """Truncate a name to leave room for the numbers next to it."""
    length = max(8, width - _NUMBERS)
    return name if len(name) <= length else f"{name[: length - 1]}…"


class _CountColumn(ProgressColumn):
    """Column of steps done and their total; empty if they cannot be counted."""

    def render(self, task):
        if task.total is None:
            return Text("")
        return Text(f"{task.completed:.0f}/{task.total:.0f}", style="progress.download")


# Width if stdout is not a terminal: narrow columns are hard to read.
_PIPE_WIDTH = 140


def make_console():
    """Return a console for tables on stdout, as wide as the terminal or ``COLUMNS``."""
    console = PlainConsole(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPE_WIDTH
    return console
