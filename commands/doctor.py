"""``doctor``: what is wrong with a data set, and the mends."""

import json
import math
import os

import click
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ._shared.defaults import STEMS
from ._shared.options import Names, cache_option, jobs_option, option, quiet_option
from ._shared.progress import make_console


@click.command("doctor")
@click.argument("data")
@option("--stems", type=Names(), default=",".join(STEMS), help="Stems to look for.")
@option("--folds", type=int, default=5, help="Folds that every class must have songs for.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every file of a finding.")
@jobs_option()
@cache_option()
@quiet_option()
@click.pass_context
def doctor_command(ctx, data, stems, folds, as_json, jobs, cache, quiet):
    """Check DATA and say how to mend what is wrong.

    \b
    stemstack doctor DATA
    stemstack doctor DATA --json > findings.json

    Errors stop fit or spoil it in silence; warnings deserve a look; infos are facts that help to
    choose settings. Exit code 1 when there is an error.
    """
    from ..datasets.doctor import check_dataset
    from ._shared.progress import make_progress

    progress = make_progress(quiet)
    examination = check_dataset(
        data, stems=stems, n_folds=folds, cache=cache, n_jobs=jobs, progress=progress
    )
    if as_json:
        click.echo(json.dumps(_as_data(data, examination), indent=1))
    else:
        print_examination(data, examination)
    ctx.exit(1 if examination.count("error") else 0)


def _as_data(data, examination):
    """Lay the examination out as plain data; JSON has no NaN."""
    from ..datasets.doctor import SEVERITIES, loudness_table

    table = loudness_table(examination.files)
    return {
        "data": data,
        "counts": {severity: examination.count(severity) for severity in SEVERITIES},
        "findings": [finding.to_dict() for finding in examination.findings],
        "loudness_lufs": {
            genre: {
                name: None if math.isnan(value) else round(value, 2) for name, value in row.items()
            }
            for genre, row in table.to_dict("index").items()
        },
    }


_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def print_examination(data, examination):
    """Print what was found in a data set.

    Parameters
    ----------
    data : str
        What the data set is called.
    examination : DoctorReport
    """
    from ..datasets.doctor import loudness_table

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
    if finding.fix:
        told.append(_show(f"→ {finding.fix}", style="green"))
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
