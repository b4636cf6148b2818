"""``stack``: another meta-model over fitted base models."""

from pathlib import Path

import click

from ..stacking.blending import BLENDS, DEFAULT_BLEND
from ._shared.grouped import option
from ._shared.options import json_option, quiet_option
from ._shared.terminal import echo, print_json
from ._shared.values import FilePath, Names


class _Blends(Names):
    """Names of blends, checked when the blends are made."""

    def shell_complete(self, ctx, param, incomplete):
        """Complete the names of blends."""
        return click.Choice(BLENDS).shell_complete(ctx, param, incomplete)


def _blend_of(path):
    """Return the blend of a run in a tuple; the default instead of code that the run names."""
    from ..runs import Run

    run = Run(path)
    named = run.blend if run.config_path.exists() else None
    return (named if named in BLENDS else DEFAULT_BLEND,)


@click.command("stack")
@click.argument("runs", nargs=-1, required=True, type=FilePath(path_type=Path))
@option(
    "--blend",
    "--final",
    type=_Blends(),
    show_default="that of the first run",
    help=f"One or more of {', '.join(BLENDS)}, or your own: my_models.py:make_final. The table "
    "compares several of them, or all for one; the first is that of RUN2.",
)
@option("--drop", type=Names(), help="Base models to leave out.")
@option("--only", type=Names(), help="The only base models to use.")
@click.option("--leave-one-out", is_flag=True, help="Show what each base model adds to the others.")
@option("--out", type=FilePath(path_type=Path), help="Run directory to create.")
@json_option("Print the table as JSON.")
@quiet_option()
def stack_command(runs, blend, drop, only, leave_one_out, out, as_json, quiet):
    """Stack the models of finished RUNS again, without refitting them.

    \b
    stemstack stack RUN --blend greedy --out RUN2
    stemstack stack RUN_OF_LR RUN_OF_NETS --out RUN2
    stemstack stack RUN --drop lgbm --blend nnls,my_models.py:make_final --leave-one-out

    The runs must have the same clips and folds. RUN2 is a complete run that shares the files of its
    models with RUNS; without --out nothing is written. The table compares blends: nested macro F1
    with 95 % intervals.
    """
    from ..models.persistence import check_savable
    from ..runs import BasePredictions, Run
    from ..stacking import make_blend
    from ._shared.outputs import write_report_and_card
    from ._shared.progress import make_progress

    progress, blends = make_progress(quiet), list(blend or _blend_of(runs[0]))
    check_savable(make_blend(blends[0]), blends[0])
    if out is not None:
        Run(out).check_vacant()
    with progress.stage("stacking, and comparing blends"):
        base = BasePredictions.read(runs, drop=drop or (), only=only or ())
        compared = blends if len(blends) > 1 else dict.fromkeys([*BLENDS, *blends])
        tables = {"blends": base.compare_blends(compared)}
        if leave_one_out:
            tables["leave_one_out"] = base.leave_one_model_out(blends[0])
        run = None if out is None else base.write(out, blends[0], tables["blends"])
    if run is not None:
        write_report_and_card(run, progress)
    if as_json:
        documents = {name: table.to_dict(orient="index") for name, table in tables.items()}
        print_json(documents if leave_one_out else documents["blends"])
    else:
        echo("\n\n".join(table.to_string(float_format="%.3f") for table in tables.values()))
