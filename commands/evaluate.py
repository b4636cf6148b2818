"""``evaluate``: score a run's test predictions against known answers."""

import json
from pathlib import Path

import click

from ..reports import scores_table
from ..runs import Run, evaluate_run, score_sides
from .options import option


@click.command("evaluate")
@click.argument("run", type=click.Path(path_type=Path))
@option("--answers", required=True, type=click.Path(path_type=Path), help="CSV of id and label.")
@option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
def evaluate_command(run, answers, as_json):
    """Score every model of RUN, and the stack, on its test clips.

    \b
    stemstack evaluate RUN --answers answers.csv
    """
    fitted = Run.open(run)
    scores = evaluate_run(fitted, answers)
    if as_json:
        click.echo(json.dumps(scores, indent=1))
        return
    click.echo(scores_table(score_sides(fitted, scores)))
