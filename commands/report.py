"""``report``: a run as one HTML file."""

from pathlib import Path

import click

from ._shared.options import cache_option, jobs_option, option, quiet_option, trust_option

_FILE = click.Path(path_type=Path)


@click.command("report")
@click.argument("run", type=_FILE)
@option("--answers", default=None, type=_FILE, help="CSV of id and label, to score the test by.")
@option("--out", default=None, type=_FILE, help="RUN/report.html by default.")
@click.option("--no-audio", is_flag=True, help="No clips to listen to: a smaller file.")
@click.option("--quick", is_flag=True, help="Only what the run's tables tell: takes seconds.")
@trust_option()
@jobs_option()
@cache_option()
@quiet_option()
def report_command(run, answers, out, no_audio, quick, trust, jobs, cache, quiet):
    """Write RUN/report.html: one file to open offline, print, or send.

    \b
    stemstack report RUN --answers answers.csv

    What needs the data set, such as clips to listen to, is left out where it is gone.
    """
    from ..reports import write_report
    from ..runs import Run
    from ..utils.resources import Resources
    from ._shared.progress import make_progress

    path = write_report(
        Run.open(run, trust=trust),
        answers=answers,
        out=out,
        audio=not no_audio,
        resources=None if quick else Resources(cache, jobs, make_progress(quiet)),
    )
    click.echo(path)
