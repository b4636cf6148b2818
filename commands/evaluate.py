"""``evaluate``: score a run's test predictions against known answers."""

from pathlib import Path

import click

from .options import json_option, option, print_json, quiet_option


@click.command("evaluate")
@click.argument("run", type=click.Path(path_type=Path))
@option("--answers", required=True, type=click.Path(path_type=Path), help="CSV of id and label.")
@json_option("Everything, as JSON.")
@quiet_option()
def evaluate_command(run, answers, as_json, quiet):
    """Score every model of RUN, and the stack, on its test clips.

    \b
    stemstack evaluate RUN --answers answers.csv
    stemstack evaluate RUN --answers answers.csv --json > scores.json
    """
    from ..reports import scores_table
    from ..runs import Run, evaluate_run, score_sides
    from .progress import make_progress

    fitted = Run.open(run)
    with make_progress(quiet).stage("scoring"):
        scores = evaluate_run(fitted, answers)
    if as_json:
        print_json(scores)
    else:
        click.echo(scores_table(score_sides(fitted, scores)))
