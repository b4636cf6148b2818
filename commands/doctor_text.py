"""An examination as text on stdout: findings with their mends, loudness, commands."""

import math
import os

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ..audio.doctor import loudness_table
from .console import make_console

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def print_examination(data, examination):
    """Print what was found in a data set.

    Parameters
    ----------
    data : str
        What the data set is called.
    examination : Examination
    """
    console = make_console()
    console.print(_findings(examination.findings))
    loudness = loudness_table(examination.files)
    if not loudness.empty:
        console.print("Median loudness in LUFS:")
        console.print(_loudness(loudness))
    _print_commands(console, examination.findings)
    console.print(_summary(data, examination))


def _findings(findings):
    """Lay findings out as a table: what was found, where, and the mend below it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "check", "what, where, and the mend"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        table.add_row(
            Text(finding.severity, style=_STYLES[finding.severity]),
            Text(finding.check),
            _explain(finding),
        )
    return table


def _explain(finding):
    if finding.files:
        lines = [finding.found, finding.where]
    else:
        lines = [f"{finding.where}: {finding.found}"]
    told = [_show(line) for line in lines]
    if finding.mend:
        told.append(_show(f"→ {finding.mend}", style="green"))
    return Group(*told)


def _loudness(loudness):
    """Lay median loudness out as a table of genres and stems."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in loudness.columns:
        table.add_column(name, justify="right")
    for genre, row in loudness.iterrows():
        table.add_row(genre, *("silent" if math.isnan(v) else f"{v:.1f}" for v in row))
    return table


def _print_commands(console, findings):
    """Print the shell lines that mend findings, unwrapped, so that they can be copied."""
    for finding in findings:
        if finding.command:
            console.print(Text(f"To mend {finding.check}, {finding.found}:"))
            console.print(_show(finding.command), soft_wrap=True)
            console.print()


def _summary(data, examination):
    errors, warnings = examination.count("error"), examination.count("warning")
    files = (examination.files["role"] != "sum").sum()
    return _show(f"{data}: {files} files; errors: {errors}, warnings: {warnings}")


def _show(text, style=""):
    """Lay text out, with a mark in place of what in a file name is not UTF-8."""
    return Text(os.fsencode(text).decode("utf-8", errors="replace"), style=style)
