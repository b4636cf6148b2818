"""``tune``: mashup settings that match the test clips."""

from pathlib import Path

import click

from ..utils.atomic_write import atomic_path
from ._shared.grouped import option
from ._shared.options import (
    TUNE_BUDGET,
    cache_option,
    default_settings,
    jobs_option,
    noise_option,
    quiet_option,
    settings_option,
)
from ._shared.outputs import report_skipped_clips
from ._shared.progress import make_console
from ._shared.terminal import print_json
from ._shared.values import FOLDS, MANY, SEED, FilePath
from .gap import print_gap


@click.command("tune")
@click.argument("data")
@option(
    "--out",
    required=True,
    type=FilePath(dir_okay=False, path_type=Path),
    help="YAML file to write the settings to.",
)
@settings_option("wide")
@noise_option()
@option(
    "--pilots",
    type=click.IntRange(20, MANY),
    default=TUNE_BUDGET.n_pilots,
    help="Mashups of random generators in each round.",
)
@option(
    "--rounds",
    type=click.IntRange(0, 100),
    default=TUNE_BUDGET.n_rounds,
    help="Rounds in which generators are weighed; each starts from those selected before.",
)
@option("--minutes", type=click.FloatRange(min=0), help="Start no further round after this time.")
@option(
    "--n",
    type=click.IntRange(20, MANY),
    default=TUNE_BUDGET.gap_clips,
    help="Test clips, at most, and mashups to compare with them before and after.",
)
@option("--folds", type=FOLDS, default=TUNE_BUDGET.folds, help="Folds of songs and noise clips.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@option("--seed", type=SEED, default=0, help="Random seed.")
@jobs_option()
@cache_option()
@quiet_option()
def tune_command(data, out, settings, noise, minutes, as_json, cache, jobs, quiet, **options):
    """Find mashup settings that match the unlabelled test clips of DATA.

    \b
    stemstack tune DATA --out settings.yaml
    stemstack fit --data DATA --settings settings.yaml --out RUN

    Durations are read from the test clips. With --rounds, the level is too, and everything else is
    inferred from mashups of random generators (--pilots): a classifier separates them from the test
    clips, and generators whose mashups it takes for test clips are likely to be selected. The
    result mixes 100 of them. fit --match does the same before it fits.
    """
    from ..datasets import read_data
    from ..domain_shift.tuning import tune_settings
    from ..mashups import Settings
    from ._shared.progress import make_resources

    resources = make_resources(cache, jobs, quiet)
    tuning = tune_settings(
        read_data(data, noise=noise, cache=cache, progress=resources.progress),
        Settings.from_dict(default_settings(settings)),
        _budget(minutes, options),
        resources=resources,
    )
    with atomic_path(out) as temporary:
        tuning.settings.to_yaml(temporary)
    if as_json:
        print_json(tuning.to_dict())
    else:
        print_tuning(tuning, out)
    report_skipped_clips(tuning.problems, "clips were left out")


def _budget(minutes, options):
    """Return the budget of the options, some of which have other names on the command line."""
    from ..domain_shift.tuning import TuneBudget

    return TuneBudget(
        n_pilots=options["pilots"],
        n_rounds=options["rounds"],
        gap_clips=options["n"],
        max_seconds=None if minutes is None else 60 * minutes,
        folds=options["folds"],
        seed=options["seed"],
    )


def print_tuning(tuning, out):
    """Print the gap before and after, the rounds, and what was found.

    Parameters
    ----------
    tuning : Tuning
    out : Path
        File that the settings were written to.
    """
    from ..domain_shift.tuning.match import describe_tuning

    console = make_console()
    for title, gap in (("Before", tuning.before), ("After", tuning.after)):
        console.rule(title, align="left")
        print_gap(gap, "synthetic", "test", full=False)
    console.rule("Settings", align="left")
    for one in tuning.rounds:
        console.print(f"{one.n_pilots} mashups, AUC {one.auc:.3f}", markup=False)
    for line in describe_tuning(tuning):
        console.print(line, markup=False)
    console.print(out, markup=False)
