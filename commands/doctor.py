"""``doctor``: checks of a data set, with suggested fixes."""

import math

import click
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ._shared.grouped import option
from ._shared.options import STEMS, cache_option, jobs_option, label_separator_option, quiet_option
from ._shared.progress import make_console, plain
from ._shared.terminal import print_json
from ._shared.values import FOLDS, Names


@click.command("doctor")
@click.argument("data")
@option("--stems", type=Names(), default=",".join(STEMS), help="Stems of a song.")
@option("--folds", type=FOLDS, default=5, help="Folds that every class must have enough songs for.")
@label_separator_option()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all files of a finding.")
@jobs_option()
@cache_option()
@quiet_option()
@click.pass_context
def doctor_command(ctx, data, stems, folds, label_separator, as_json, jobs, cache, quiet):
    """Check DATA and suggest fixes.

    \b
    stemstack doctor DATA
    stemstack doctor DATA --json > findings.json

    Errors stop fit or silently spoil its results; warnings are worth checking; infos are facts that
    help to choose settings. Exits with 1 if there are errors.
    """
    from ..datasets.doctor import check_dataset, loudness_table
    from ._shared.progress import make_progress

    progress = make_progress(quiet)
    report = check_dataset(
        data,
        stems=stems,
        n_folds=folds,
        label_separator=label_separator,
        cache=cache,
        n_jobs=jobs,
        progress=progress,
    )
    loudness = loudness_table(report.files, label_separator)
    if as_json:
        print_json(_as_data(data, report, loudness))
    else:
        print_report(data, report, loudness)
    ctx.exit(1 if report.count("error") else 0)


def _as_data(data, report, loudness):
    """Return the report as plain data, with None for NaN, which JSON does not have."""
    from ..datasets.doctor import SEVERITIES

    return {
        "data": data,
        "counts": {severity: report.count(severity) for severity in SEVERITIES},
        "findings": [finding.to_dict() for finding in report.findings],
        "loudness_lufs": {
            genre: {
                name: None if math.isnan(value) else round(value, 2) for name, value in row.items()
            }
            for genre, row in loudness.to_dict("index").items()
        },
    }


_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def print_report(data, report, loudness):
    """Print the findings of a data set.

    Parameters
    ----------
    data : str
        Name of the data set.
    report : DoctorReport
    loudness : DataFrame
        Median loudness by class, in LUFS.
    """
    console = make_console()
    console.print(_findings(report.findings))
    if not loudness.empty:
        console.print("Median loudness in LUFS:")
        console.print(_loudness(loudness))
    _print_commands(console, report.findings)
    console.print(_summary(data, report))


def _findings(findings):
    """Format findings as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "check", "finding, files and fix"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        table.add_row(
            Text(finding.severity, style=_STYLES[finding.severity]),
            plain(finding.check),
            _explain(finding),
        )
    return table


def _explain(finding):
    if finding.files:
        lines = [finding.found, finding.where]
    else:
        lines = [f"{finding.where}: {finding.found}"]
    parts = [plain(line) for line in lines]
    if finding.fix:
        parts.append(plain(f"→ {finding.fix}", style="green"))
    return Group(*parts)


def _loudness(loudness):
    """Format median loudness as a table of genres and stems."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in loudness.columns:
        table.add_column(plain(name), justify="right")
    for genre, row in loudness.iterrows():
        table.add_row(plain(genre), *("silent" if math.isnan(v) else f"{v:.1f}" for v in row))
    return table


def _print_commands(console, findings):
    """Print shell commands that fix findings, unwrapped for copying."""
    for finding in findings:
        if finding.command:
            console.print(plain(f"To fix {finding.check}, {finding.found}:"))
            console.print(plain(finding.command), soft_wrap=True)
            console.print()


def _summary(data, report):
    errors, warnings = report.count("error"), report.count("warning")
    files = (report.files["role"] != "sum").sum()
    return plain(f"{data}: {files} files; errors: {errors}, warnings: {warnings}")
