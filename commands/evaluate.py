"""``evaluate``: score test predictions against known labels."""

from pathlib import Path

import click

from ._shared.grouped import option
from ._shared.options import json_option, quiet_option
from ._shared.terminal import echo, print_json
from ._shared.values import FilePath


@click.command("evaluate")
@click.argument("run", type=FilePath(path_type=Path))
@option("--answers", required=True, type=FilePath(path_type=Path), help="CSV of ids and labels.")
@option("--decode", is_flag=True, help="Also score the predictions of predict --decode.")
@json_option("Print all scores as JSON.")
@quiet_option()
def evaluate_command(run, answers, decode, as_json, quiet):
    """Score every model of RUN on its test clips.

    \b
    stemstack evaluate RUN --answers answers.csv
    stemstack evaluate RUN --answers answers.csv --json > scores.json

    Prints one line per model. --decode adds a line for the predictions of predict --decode.
    """
    from ..reports.evaluation import scores_table
    from ..runs import Run, evaluate_run
    from ..runs.prediction.predict import adjust_ledger
    from ._shared.progress import make_progress

    run, progress = Run.open(run), make_progress(quiet)
    with progress.stage("scoring"):
        adjusted = adjust_ledger(run) if decode else None
        scores = evaluate_run(run, answers, decoded=adjusted)
    if adjusted is not None:
        progress.log(adjusted.describe())
    if as_json:
        print_json(scores)
    else:
        echo(scores_table(run, scores))
