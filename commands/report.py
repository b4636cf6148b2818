"""``report``: write a run's report as one HTML file."""

from pathlib import Path

import click

from ._shared.options import cache_option, jobs_option, option, quiet_option, trust_option
from ._shared.terminal import echo_data

_FILE = click.Path(path_type=Path)


@click.command("report")
@click.argument("run", type=_FILE)
@option("--answers", type=_FILE, help="CSV with test labels; adds test scores.")
@option("--out", type=_FILE, help="File to write; RUN/report.html by default.")
@click.option("--no-audio", is_flag=True, help="Leave out audio players, for a smaller file.")
@click.option("--quick", is_flag=True, help="Use the tables of the run only; takes seconds.")
@trust_option()
@jobs_option()
@cache_option()
@quiet_option()
def report_command(run, answers, out, no_audio, quick, trust, jobs, cache, quiet):
    """Write the report of RUN as one HTML file to open offline, print or send.

    \b
    stemstack report RUN --answers answers.csv

    Sections that need the data set, such as clips to listen to, are left out if it is missing.
    """
    from ..reports import write_report
    from ..runs import Run
    from ._shared.progress import make_resources

    path = write_report(
        Run.open(run, trust=trust),
        answers=answers,
        out=out,
        audio=not no_audio,
        resources=None if quick else make_resources(cache, jobs, quiet),
    )
    echo_data(path)
