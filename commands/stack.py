"""``stack``: another second level over models that are fitted already."""

from pathlib import Path

import click

from ..runs import stack_runs
from .options import option, quiet_option
from .papers import write_papers
from .progress import make_progress


@click.command("stack")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--blend", default="logistic", help="logistic, greedy, nnls, mean, geometric or rank.")
@option("--out", required=True, type=click.Path(path_type=Path), help="Run directory to make.")
@quiet_option()
def stack_command(runs, blend, out, quiet):
    """Stack the models of finished RUNS anew, without fitting them again.

    \b
    stemstack stack RUN --blend greedy --out RUN2
    stemstack stack RUN_OF_LR RUN_OF_NETS --out RUN2

    The runs must be of the same clips and folds. RUN2 is a run like any other; its models share
    their files with those of RUNS. The table compares all blends: macro F1, nested, with 95 %
    intervals.
    """
    run, blends = stack_runs(runs, out, blend=blend)
    write_papers(run, make_progress(quiet))
    click.echo(blends.to_string(float_format="%.3f"))
