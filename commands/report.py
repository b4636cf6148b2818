"""``report``: a run as one HTML file."""

from pathlib import Path

import click

from ..runs import Run, write_report
from .options import option


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@option("--answers", default=None, type=click.Path(path_type=Path), help="CSV of id and label.")
@option("--out", default=None, type=click.Path(path_type=Path), help="RUN/report.html by default.")
def report_command(run, answers, out):
    """Write RUN/report.html: scores, confusion matrices, F1 by class.

    \b
    stemstack report RUN --answers answers.csv
    """
    click.echo(write_report(Run.open(run), answers=answers, out=out))
