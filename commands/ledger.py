"""``ledger``: what runs have computed so far, brought together."""

from pathlib import Path

import click

from ..runs import merge_runs
from .options import option


@click.group("ledger")
def ledger_command():
    """Bring together what several runs of one experiment computed."""


@ledger_command.command("merge")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--out", required=True, type=click.Path(path_type=Path), help="Run directory to make.")
def merge_command(runs, out):
    """Merge the ledgers and models of RUNS, finished or not, into a new run.

    \b
    stemstack ledger merge RUN_HERE RUN_THERE --out RUN
    stemstack fit --config RUN/config.yaml --out RUN --resume

    The runs must have been begun with the same options on the same data; which models each fits
    may differ. The table says which folds of which models are there; fit --resume computes the
    others, and the stack.
    """
    coverage = merge_runs(runs, out).ledger.coverage().droplevel("key")
    marks = coverage.map(lambda there: "done" if there else "missing")
    click.echo(marks.to_string() if len(marks) else "no entries yet")
