"""``report``: write a run's report, or a comparison of runs, as one HTML file."""

from pathlib import Path

import click
from click.core import ParameterSource

from ..exceptions import UsageError
from ._shared.grouped import option
from ._shared.options import (
    cache_option,
    embedding_option,
    jobs_option,
    quiet_option,
    run_noise_option,
    trust_option,
)
from ._shared.terminal import echo_data
from ._shared.values import FilePath

_FILE = FilePath(path_type=Path)


@click.command("report")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=_FILE)
@option("--answers", type=_FILE, help="CSV with test labels; adds test scores.")
@option("--data", help="Path or URL of the run's data set; adds the sections that need it.")
@run_noise_option()
@embedding_option("Add nearest clips and tags by musicnn, for example; needs --data.")
@option("--out", type=_FILE, help="File to write; for one RUN by default report.html in it.")
@click.option("--no-audio", is_flag=True, help="Leave out audio players, for a smaller file.")
@click.option("--quick", is_flag=True, help="Use the tables of the run only; takes seconds.")
@trust_option()
@jobs_option()
@cache_option()
@quiet_option()
def report_command(runs, answers, data, noise, embedding, out, no_audio, quick, trust, **rest):
    """Write the report of RUN as one HTML file to open offline, print or send.

    \b
    stemstack report RUN --answers answers.csv
    stemstack report RUN --data DATA
    stemstack report RUN RUN2 RUN3 --out comparison.html

    Several runs are compared with the first: options that differ, paired differences of macro F1,
    F1 by class, and clips on which they disagree.

    Sections that need the data set, such as clips to listen to, are left out without --data: the
    data set that RUN names is not opened unasked.
    """
    from ..reports import write_comparison, write_report
    from ..runs import Run
    from ..runs.stored_clips import describe_missing_data, open_data
    from ._shared.progress import make_resources

    if len(runs) > 1 and out is None:
        raise UsageError("A comparison of several runs needs --out FILE, such as comparison.html")
    if embedding is not None and (data is None or quick or len(runs) > 1):
        source = click.get_current_context().get_parameter_source("embedding")
        if source is ParameterSource.COMMANDLINE:
            raise UsageError("--embedding needs one RUN and --data, without --quick")
        # The environment variable is of other commands, too.
        embedding = None
    opened = [Run.open(run, trust=trust) for run in runs]
    resources = make_resources(rest["cache"], rest["jobs"], rest["quiet"])
    if data is not None and not quick and (len(runs) == 1 or not no_audio):
        # A wrong path would only leave sections out.
        open_data(opened[0], data, noise=noise, resources=resources)
    elif data is None and not quick:
        resources.progress.log(describe_missing_data(opened[0], "sections that need the data set"))
    options = {
        "answers": answers,
        "out": out,
        "audio": not no_audio,
        "data": None if quick else data,
        "noise": noise,
        "resources": resources,
    }
    if len(runs) > 1:
        echo_data(write_comparison(opened, **options))
    else:
        echo_data(write_report(*opened, embedding=embedding, **options))
