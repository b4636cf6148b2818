"""``ledger``: merge the results of several runs, and enter leaderboard scores."""

from pathlib import Path

import click

from ._shared.grouped import option
from ._shared.options import json_option, quiet_option
from ._shared.terminal import echo, print_json
from ._shared.values import FilePath


@click.group("ledger")
def ledger_command():
    """Merge the results of several runs of one experiment, and enter leaderboard scores.

    \b
    stemstack ledger merge RUN_HERE RUN_THERE --out RUN
    stemstack ledger score RUN 0.68 --on public
    """


@ledger_command.command("merge")
@click.argument("runs", nargs=-1, required=True, type=FilePath(path_type=Path))
@option("--out", required=True, type=FilePath(path_type=Path), help="Run directory to create.")
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


@ledger_command.command("score")
@click.argument("run", type=FilePath(path_type=Path))
@click.argument("macro_f1", type=float)
@option("--on", "board", default="public", help="Name of the leaderboard.")
@option("--model", default="stack", help="Model whose predictions were scored.")
@json_option("Print the scores as JSON.")
@quiet_option()
def score_command(run, macro_f1, board, model, as_json, quiet):
    """Enter the leaderboard score of RUN, a macro F1 from 0 to 1.

    \b
    stemstack ledger score RUN 0.68 --on public
    stemstack ledger score RUN 0.64 --on public --model lr

    The score is stored in RUN, shown in its table and report, and corrects the scores to expect of
    the other models. A score entered again replaces the earlier one.
    """
    from ..runs import Run, expect_run, record_score, summarise_run
    from ._shared.outputs import scores_panel
    from ._shared.progress import make_progress

    run, progress = Run.open(run), make_progress(quiet)
    record_score(run, macro_f1, board=board, model=model)
    summary = summarise_run(run)
    progress.log(scores_panel(summary))
    if note := expect_run(run)[1]:
        progress.log(note)
    if as_json:
        print_json(summary)
