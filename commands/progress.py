"""Progress on stderr: bars on a terminal, one line a stage elsewhere."""

import time
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ..runs import Quiet


class Shown(Quiet):
    """Draw the stages of a long computation."""

    def __init__(self):
        self.console = Console(stderr=True, highlight=False)

    @contextmanager
    def stage(self, name, total):
        """Announce a stage of ``total`` steps; yields a callable that counts steps done."""
        begun = time.perf_counter()
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as bars:
            task = bars.add_task(name, total=total)
            yield lambda done=1: bars.advance(task, done)
        self.say(f"{name}: {total} in {time.perf_counter() - begun:.1f} s")

    def say(self, message):
        """Tell one thing worth knowing."""
        self.console.print(message, soft_wrap=True, markup=False)


def make_progress(quiet):
    """Make what shows progress, or what does not."""
    return Quiet() if quiet else Shown()
