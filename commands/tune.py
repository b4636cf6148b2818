"""``tune``: search for mashup settings that match the test clips."""

from dataclasses import asdict
from pathlib import Path

import click
from rich import box
from rich.table import Table

from ..utils.atomic_write import atomic_path
from ._shared.options import (
    FOLDS,
    MANY,
    SEED,
    TUNE_BUDGET,
    Names,
    SettingsFile,
    cache_option,
    jobs_option,
    option,
    quiet_option,
)
from ._shared.outputs import report_skipped_clips
from ._shared.progress import make_console
from ._shared.terminal import print_json
from .gap import print_gap


@click.command("tune")
@click.argument("data")
@option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML file to write the settings to.",
)
@option("--settings", type=SettingsFile(), help="YAML file of settings to start from.")
@option(
    "--pilots",
    type=click.IntRange(10, MANY),
    default=TUNE_BUDGET.n_initial_trials,
    help="Random initial settings.",
)
@option(
    "--clips",
    type=click.IntRange(1, MANY),
    default=TUNE_BUDGET.clips_per_trial,
    help="Mashups per pilot.",
)
@option(
    "--budget",
    type=click.IntRange(1, MANY),
    default=TUNE_BUDGET.n_trials,
    help="Number of search trials.",
)
@option("--minutes", type=click.FloatRange(min=0), help="Time limit of the search.")
@option(
    "--n",
    type=click.IntRange(4, MANY),
    default=TUNE_BUDGET.gap_clips,
    help="Mashups and test clips for the final gap, at most each.",
)
@option(
    "--finalists",
    type=click.IntRange(1, MANY),
    default=TUNE_BUDGET.n_candidates,
    help="Candidates whose gap is measured.",
)
@option("--folds", type=FOLDS, default=TUNE_BUDGET.folds, help="Folds of songs and noise clips.")
@option("--families", type=Names(), default="all", help="Feature families of the final gap.")
@option(
    "--tempo",
    type=Names(),
    default=",".join(TUNE_BUDGET.tempo_modes),
    help="Tempo modes to try; stretch takes ten times as long.",
)
@click.option("--resume", is_flag=True, help="Resume an interrupted search.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@option("--seed", type=SEED, default=0, help="Random seed.")
@jobs_option()
@cache_option()
@quiet_option()
def tune_command(data, out, settings, minutes, resume, as_json, cache, jobs, quiet, **options):
    """Search for mashup settings that match the unlabelled test clips of DATA.

    \b
    stemstack tune DATA --out settings.yaml
    stemstack fit --data DATA --settings settings.yaml --out RUN

    Length and level are measured on the test clips. The other settings take three steps: regressors
    of the mix parameters are fitted on mashups with random settings (--pilots); a search finds
    settings whose mashups give the same distribution of regressed parameters as the test clips; and
    the gap classifier picks the best of --finalists. The search is recorded next to --out, and
    resumed with --resume.
    """
    from ..datasets import read_data
    from ..domain_shift.tuning.tune import default_search_file, tune_settings
    from ..mashups import Settings
    from ._shared.progress import make_resources

    resources = make_resources(cache, jobs, quiet)
    tuning = tune_settings(
        read_data(data, cache=cache, progress=resources.progress),
        Settings.from_dict(settings or {}),
        _budget(minutes, options),
        search_file=default_search_file(out),
        resume=resume,
        resources=resources,
    )
    with atomic_path(out) as temporary:
        tuning.settings.to_yaml(temporary)
    if as_json:
        print_json(_as_data(tuning))
    else:
        print_tuning(tuning, out)
    report_skipped_clips(tuning.problems, "clips were left out")


def _budget(minutes, options):
    """Return the options of the search; some have other names on the command line."""
    from ..domain_shift.tuning import TuneBudget

    return TuneBudget(
        n_trials=options["budget"],
        n_initial_trials=options["pilots"],
        clips_per_trial=options["clips"],
        n_candidates=options["finalists"],
        gap_clips=options["n"],
        max_seconds=None if minutes is None else 60 * minutes,
        tempo_modes=options["tempo"],
        families=options["families"],
        folds=options["folds"],
        seed=options["seed"],
    )


def _as_data(tuning):
    """Return a result as plain data."""
    return {
        "settings": tuning.settings.to_dict(),
        "start": tuning.start.to_dict(),
        "before": tuning.before.to_dict(),
        "after": tuning.after.to_dict(),
        "n_trials": tuning.n_trials,
        "finalists": [asdict(candidate) for candidate in tuning.candidates],
    }


def print_tuning(tuning, out):
    """Print the gap before and after, the finalists and the changed settings.

    Parameters
    ----------
    tuning : Tuning
    out : Path
        File that the settings were written to.
    """
    console = make_console()
    for title, gap in (("Before", tuning.before), ("After", tuning.after)):
        console.rule(title, align="left")
        print_gap(gap, "synthetic", "test", full=False)
    console.rule(f"{tuning.n_trials} trials", align="left")
    for candidate in tuning.candidates:
        console.print(f"{candidate.name}: AUC {candidate.auc:.3f}", markup=False)
    console.print(_changes(tuning))
    console.print(out, markup=False)


def _changes(tuning):
    """Format the changed settings as a table."""
    table = Table("setting", "before", "after", box=box.SIMPLE_HEAD, pad_edge=False)
    before, after = tuning.start.to_dict(), tuning.settings.to_dict()
    for name in after:
        if before[name] != after[name]:
            table.add_row(name, _format(before[name]), _format(after[name]))
    return table


def _format(value):
    if isinstance(value, list):
        return ", ".join(f"({_format(v)})" if isinstance(v, list) else _format(v) for v in value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
