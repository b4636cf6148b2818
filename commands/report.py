"""``report``: a run as one HTML file."""

from pathlib import Path

import click

from ..runs import Run, evaluate_run, write_report
from .options import option


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@option("--answers", default=None, type=click.Path(path_type=Path), help="CSV of id and label.")
def report_command(run, answers):
    """Write RUN/report.html: scores, confusion matrices, F1 by class.

    \b
    stemstack report RUN --answers answers.csv
    """
    fitted = Run.open(run)
    scores = evaluate_run(fitted, answers) if answers else None
    click.echo(write_report(fitted, answers=scores))
