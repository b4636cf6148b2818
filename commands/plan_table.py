"""A plan of a run as a table on stdout."""

from rich import box
from rich.console import Console
from rich.table import Table

from ..runs.planning_choice import show_seconds


def print_plan(plan, console=None):
    """Print a plan: what there is, the stages with their times, and what was decided.

    Parameters
    ----------
    plan : Plan
    console : rich.console.Console, optional
        stdout by default.
    """
    console = console or Console(highlight=False)
    facts = plan.facts
    console.print(
        f"{facts['training_clips']} training clips of {facts['classes']} classes, "
        f"{facts['test_clips']} test clips, {facts['folds']} folds, "
        f"{facts['processes']} processes"
    )
    for model, how in plan.resolved.items():
        if how:
            settled = ", ".join(f"{key} {value}" for key, value in how.items())
            console.print(f"{model}: {settled}", markup=False)
    for decision in plan.choice.decisions:
        console.print(decision, markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("stage", footer="in all", overflow="fold")
    for name, footer in (("steps", ""), ("done", ""), ("time", show_seconds(plan.seconds))):
        table.add_column(name, justify="right", footer=footer, no_wrap=True)
    for stage in plan.stages:
        table.add_row(stage.stage, str(stage.n), str(stage.done), show_seconds(stage.seconds))
    console.print(table)
