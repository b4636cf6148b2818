"""``evaluate``: score a run's test predictions against known answers."""

from pathlib import Path

import click

from ._shared.options import json_option, option, print_json, quiet_option


@click.command("evaluate")
@click.argument("run", type=click.Path(path_type=Path))
@option("--answers", required=True, type=click.Path(path_type=Path), help="CSV of id and label.")
@option("--decode", is_flag=True, help="Score all clips decided together, too.")
@json_option("Everything, as JSON.")
@quiet_option()
def evaluate_command(run, answers, decode, as_json, quiet):
    """Score every model of RUN, and the stack, on its test clips.

    \b
    stemstack evaluate RUN --answers answers.csv
    stemstack evaluate RUN --answers answers.csv --json > scores.json

    --decode adds the answers that predict --decode gives, as a line of their own.
    """
    from ..reports.summary import scores_table
    from ..runs import Run, adjust_ledger, evaluate_run
    from ._shared.progress import make_progress

    fitted, progress = Run.open(run), make_progress(quiet)
    with progress.stage("scoring"):
        decoded = adjust_ledger(fitted) if decode else None
        scores = evaluate_run(fitted, answers, decoded=decoded)
    if decoded is not None:
        progress.log(decoded.describe())
    if as_json:
        print_json(scores)
    else:
        click.echo(scores_table(fitted, scores))
