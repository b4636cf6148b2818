"""``stack``: another meta-model over fitted base models."""

from pathlib import Path

import click

from ..stacking.blending import BLENDS
from ._shared.options import json_option, option, quiet_option
from ._shared.terminal import echo, print_json


class _Blend(click.ParamType):
    """The name of a blend, checked when the blend is made."""

    name = "blend"

    def shell_complete(self, ctx, param, incomplete):
        """Complete the names of blends."""
        return click.Choice(BLENDS).shell_complete(ctx, param, incomplete)


@click.command("stack")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@option(
    "--blend",
    type=_Blend(),
    default="logistic",
    help=f"One of {', '.join(BLENDS)}, or a class of your own: my_blends.py:AccuracyBlend.",
)
@option("--out", required=True, type=click.Path(path_type=Path), help="Run directory to create.")
@json_option("Print the table as JSON.")
@quiet_option()
def stack_command(runs, blend, out, as_json, quiet):
    """Stack the models of finished RUNS again, without refitting them.

    \b
    stemstack stack RUN --blend greedy --out RUN2
    stemstack stack RUN_OF_LR RUN_OF_NETS --out RUN2

    The runs must have the same clips and folds. RUN2 is a complete run that shares the files of its
    models with RUNS. The table compares all blends: nested macro F1 with 95 % intervals.
    """
    from ..runs import restack_runs
    from ._shared.outputs import write_report_and_card
    from ._shared.progress import make_progress

    progress = make_progress(quiet)
    with progress.stage("stacking, and comparing blends"):
        run, blends = restack_runs(runs, out, blend=blend)
    write_report_and_card(run, progress)
    if as_json:
        print_json(blends.to_dict(orient="index"))
    else:
        echo(blends.to_string(float_format="%.3f"))
