"""Progress on stderr: bars on a terminal, one line a stage elsewhere.

rich draws them, without colour where ``NO_COLOR`` is set.
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
from rich.table import Column
from rich.text import Text

from ...utils.progress import NullProgress

# Columns of a terminal below which there is room for what matters only.
_NARROW = 80
# Columns that the numbers beside a stage's name take.
_NUMBERS = 24


class RichProgress(NullProgress):
    """Draw the stages of a long computation.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where; stderr by default.
    """

    def __init__(self, console=None):
        self.console = console or Console(stderr=True, highlight=False)

    @contextmanager
    def stage(self, name, total=None):
        """Announce a stage of ``total`` steps; yields a callable that counts steps done."""
        begun = time.perf_counter()
        with Progress(
            *_columns(self.console.width),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as bars:
            task = bars.add_task(_shorten(name, self.console.width), total=total)
            yield lambda done=1: bars.advance(task, done)
        counted = "" if total is None else f"{total} in "
        self.log(f"{name}: {counted}{time.perf_counter() - begun:.1f} s")

    def log(self, message):
        """Tell one thing worth knowing: a line, or a table that fits the width there is."""
        self.console.print(message, soft_wrap=isinstance(message, str), markup=False)


class RateColumn(ProgressColumn):
    """Steps a second or, where they are long, a minute."""

    def render(self, task):
        """Write the rate of the last steps; nothing before there is one."""
        return Text(show_rate(task.finished_speed or task.speed), style="progress.data.speed")


def show_rate(rate):
    """Write a number of steps a second.

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
    """Make what shows progress, or what does not."""
    return NullProgress() if quiet else RichProgress()


def _columns(width):
    """Choose what is shown of a stage beside its name."""
    fixed = {"table_column": Column(no_wrap=True)}
    name, count = TextColumn("{task.description}", **fixed), _CountColumn(**fixed)
    left = TimeRemainingColumn(compact=True, **fixed)
    if width < _NARROW:
        return name, count, left
    return name, BarColumn(), count, RateColumn(**fixed), TimeElapsedColumn(**fixed), left


def _shorten(name, width):
    """Cut a name so that what stands beside it finds room."""
    room = max(8, width - _NUMBERS)
    return name if len(name) <= room else f"{name[: room - 1]}…"


class _CountColumn(ProgressColumn):
    """Steps done of how many; nothing where they cannot be counted."""

    def render(self, task):
        if task.total is None:
            return Text("")
        return Text(f"{task.completed:.0f}/{task.total:.0f}", style="progress.download")


# Where stdout is no terminal there is no width to fit, and narrow columns read badly.
_PIPE_WIDTH = 140


def make_console():
    """Make a console as wide as the terminal, ``COLUMNS``, or what a table reads well in."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _PIPE_WIDTH
    return console
