"""``ledger``: merge the results of several runs."""

from pathlib import Path

import click

from ._shared.options import json_option, option, quiet_option
from ._shared.terminal import echo, print_json


@click.group("ledger")
def ledger_command():
    """Merge the results of several runs of one experiment.

    \b
    stemstack ledger merge RUN_HERE RUN_THERE --out RUN
    """


@ledger_command.command("merge")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--out", required=True, type=click.Path(path_type=Path), help="Run directory to create.")
@json_option("Print the table as JSON.")
@quiet_option()
def merge_command(runs, out, as_json, quiet):
    """Merge the ledgers and models of RUNS, finished or not, into a new run.

    \b
    stemstack ledger merge RUN_HERE RUN_THERE --out RUN
    stemstack fit --config RUN/config.yaml --out RUN --resume

    The runs must have the same options and data; their models may differ. The table shows which
    folds of which models are done; fit --resume computes the others and the stack.
    """
    from ..runs import coverage, merge_runs
    from ._shared.progress import make_progress

    with make_progress(quiet).stage("merging"):
        done = coverage(merge_runs(runs, out))
    marks = done.map(lambda is_done: "done" if is_done else "missing")
    if as_json:
        print_json(marks.to_dict(orient="index"))
    else:
        echo(marks.to_string())
