"""``tune``: settings whose mashups cannot be told from the test clips."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich import box
from rich.table import Table

from ..utils.atomic_write import atomic_path
from ._shared.defaults import PLAN
from ._shared.options import Names, SettingsFile, cache_option, jobs_option, option, quiet_option
from ._shared.outputs import report_skipped_clips
from ._shared.progress import make_console
from .gap import print_gap


@click.command("tune")
@click.argument("data")
@option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML file for the settings.",
)
@option("--settings", type=SettingsFile(), default=None, help="YAML of settings to start from.")
@option("--pilots", type=click.IntRange(min=10), default=PLAN.pilots, help="Random settings.")
@option("--clips", type=click.IntRange(min=1), default=PLAN.clips, help="Mashups a pilot.")
@option(
    "--budget",
    type=click.IntRange(min=1),
    default=PLAN.budget,
    help="Trials of the search.",
)
@option("--minutes", type=click.FloatRange(min=0), default=None, help="For the search, at most.")
@option(
    "--n",
    type=click.IntRange(min=4),
    default=PLAN.gap_clips,
    help="Clips of the real test.",
)
@option(
    "--finalists",
    type=click.IntRange(min=1),
    default=PLAN.finalists,
    help="In the real test.",
)
@option("--folds", type=int, default=PLAN.folds, help="Songs and noise are split into these.")
@option("--families", type=Names(), default="all", help="Feature families of the real test.")
@option(
    "--tempo",
    type=Names(),
    default=",".join(PLAN.tempo_modes),
    help="Tempo modes to try; a pilot with stretch takes ten times as long.",
)
@click.option("--resume", is_flag=True, help="Go on with the search that was begun.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@option("--seed", type=click.IntRange(min=0), default=0, help="Root of all randomness.")
@jobs_option()
@cache_option()
@quiet_option()
def tune_command(data, out, settings, minutes, resume, as_json, cache, jobs, quiet, **wanted):
    """Search for the mashup settings that match DATA's unlabelled test clips.

    \b
    stemstack tune DATA --out settings.yaml
    stemstack fit --data DATA --settings settings.yaml --out RUN

    Length and level are read off the test clips. For the rest, pilots, mashups by random settings,
    teach how to read off a clip what was done to it; a search finds settings by which the same
    would be read off mashups; and the classifier of gap chooses among the best. The search is kept
    beside the settings: a killed one goes on with --resume.
    """
    from ..datasets import read_data
    from ..domain_shift.tuning.tune import record_beside, tune_settings
    from ..mashups import Settings
    from ._shared.progress import make_progress

    progress = make_progress(quiet)
    tuning = tune_settings(
        read_data(data, cache=cache, progress=progress),
        Settings.from_dict(settings or {}),
        _plan(minutes, wanted),
        record=record_beside(out),
        resume=resume,
        cache=cache,
        n_jobs=jobs,
        progress=progress,
    )
    with atomic_path(out) as temporary:
        tuning.settings.to_yaml(temporary)
    if as_json:
        click.echo(json.dumps(_as_data(tuning), indent=1))
    else:
        print_tuning(tuning, out)
    report_skipped_clips(tuning.problems, "clips were left out")


def _plan(minutes, wanted):
    """Turn options into a plan: those that are called otherwise there, and the rest."""
    from ..domain_shift.tuning.tune import TuneBudget

    wanted = dict(wanted)
    return TuneBudget(
        gap_clips=wanted.pop("n"),
        tempo_modes=wanted.pop("tempo"),
        seconds=None if minutes is None else 60 * minutes,
        **wanted,
    )


def _as_data(tuning):
    """Lay a tuning out as plain data."""
    return {
        "settings": tuning.settings.to_dict(),
        "start": tuning.start.to_dict(),
        "before": tuning.before.to_dict(),
        "after": tuning.after.to_dict(),
        "n_trials": tuning.n_trials,
        "finalists": [asdict(finalist) for finalist in tuning.finalists],
    }


def print_tuning(tuning, out):
    """Print the gap before and after, the finalists, and what was changed.

    Parameters
    ----------
    tuning : Tuning
    out : Path
        Where the settings were written.
    """
    console = make_console()
    for title, gap in (("Before", tuning.before), ("After", tuning.after)):
        console.rule(title, align="left")
        print_gap(gap, "synthetic", "test", full=False)
    console.rule(f"{tuning.n_trials} trials", align="left")
    for finalist in tuning.finalists:
        console.print(f"{finalist.name}: AUC {finalist.auc:.3f}", markup=False)
    console.print(_changes(tuning))
    console.print(out, markup=False)


def _changes(tuning):
    """Lay out the settings that are not what they were."""
    table = Table("setting", "before", "after", box=box.SIMPLE_HEAD, pad_edge=False)
    before, after = tuning.start.to_dict(), tuning.settings.to_dict()
    for name in after:
        if before[name] != after[name]:
            table.add_row(name, _show(before[name]), _show(after[name]))
    return table


def _show(value):
    if isinstance(value, list):
        return ", ".join(f"({_show(v)})" if isinstance(v, list) else _show(v) for v in value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
