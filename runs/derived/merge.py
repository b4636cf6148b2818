"""Runs begun in several places, brought together: what each computed is not computed again."""

import pandas as pd

from ...exceptions import DataError, UsageError
from ..config import NET_OPTIONS
from ..fitting.fold_fits import list_folds
from ..run import Run, link_draws, link_or_copy, link_or_copy_folder


def merge_runs(paths, out):
    """Bring the ledgers and models of runs of one experiment together.

    Parameters
    ----------
    paths : sequence of str or os.PathLike
        Run directories, finished or not, of the same options; which models they fit may differ,
        and with those that fit no nets the options of nets.
    out : str or os.PathLike
        A new run directory; ``fit --resume`` computes what is still missing there, and the tables.

    Returns
    -------
    Run

    Raises
    ------
    DataError
        A path holds no run that ``fit`` began, or a table cannot be read.
    UsageError
        The runs were asked for different things, split the data differently, or fitted something
        under one name with different results; or ``out`` is not empty.
    """
    runs = [_open(path) for path in paths]
    merged = Run(out)
    merged.check_vacant()
    first = runs[0]
    for run in runs[1:]:
        check_same_draws(first, run)
    plan, config = _plan(runs), _common_config(runs)
    resolved = {name: how for run in reversed(runs) for name, how in run.resolved.items()}
    config.write(merged.config_path, resolved)
    link_draws(first, merged)
    for entry, run in plan.items():
        place = (entry.model, entry.fold)
        link_or_copy_folder(run.model_folder(*place), merged.model_folder(*place))
        # The entry comes last: where it is, the model is too.
        link_or_copy(_path(run, entry), _path(merged, entry))
    return merged


def coverage(run):
    """Say which folds of which models are there: what the tables of a run still lack.

    Parameters
    ----------
    run : Run

    Returns
    -------
    DataFrame of bool
        A row a model, a column a fold, those of repeats after the others.
    """
    there = {(entry.model, entry.fold) for entry in run.ledger.entries()}
    folds = [fold.number for fold in list_folds(run.read_table("folds"))]
    rows = [[(name, fold) in there for fold in folds] for name in run.model_names]
    return pd.DataFrame(rows, pd.Index(run.model_names, name="model"), pd.Index(folds, name="fold"))


def _open(path):
    run = Run.open(path, finished=False)
    if run.made_by:
        raise DataError(
            f"{path}: {run.made_by} made this run of others, it has no ledger of its own; merge "
            "the runs it was made of, or combine finished runs with stack"
        )
    if not (run.path / "folds.parquet").exists():
        raise DataError(f"{path}: has not come as far as its folds; go on with fit --resume")
    return run


def check_same_draws(one, other):
    """Refuse two runs whose folds or training clips differ.

    Parameters
    ----------
    one, other : Run

    Raises
    ------
    UsageError
        They differ; the table is named.
    """
    for name, what in (("folds.parquet", "folds"), ("recipes.parquet", "training mashups")):
        tables = [run.path / name for run in (one, other)]
        there = [table.exists() for table in tables]
        if any(there) and not (all(there) and _same_table(*tables)):
            raise UsageError(
                f"{one.path} and {other.path} have different {what} ({name}): what they say "
                "out of fold cannot be put together; fit them on the same data with the same "
                "--folds and --seed"
            )


def _plan(runs):
    """Say which run each entry is taken from, each model and fold under one key."""
    plan, keys = {}, {}
    for run in runs:
        for entry in run.ledger.entries():
            other = plan.setdefault(entry, run)
            if keys.setdefault((entry.model, entry.fold), entry.key) != entry.key:
                raise UsageError(
                    f"{run.path}: {entry.model} of fold {entry.fold} was fitted on other data or "
                    "with other parameters or versions than in a run before it; merge runs of one "
                    "experiment, or combine finished runs with stack"
                )
            if not _same_table(_path(other, entry), _path(run, entry)):
                raise UsageError(
                    f"{other.path} and {run.path} hold different predictions of {entry.model}, "
                    f"fold {entry.fold}, made from the same (a GPU's differ from run to run): "
                    f"remove {_path(run, entry)} to keep the first"
                )
    return plan


def _path(run, entry):
    return run.ledger.path(entry.model, entry.fold, entry.key)


def _same_table(one, other):
    """Compare contents: another pyarrow writes the same table in other bytes."""
    return one.read_bytes() == other.read_bytes() or _read(one).equals(_read(other))


def _read(path):
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: is no Parquet table; copy that run again ({error})") from error


def _common_config(runs):
    """Give the options that all share, with the models of all."""
    # Only networks have a device that was resolved; without them, their options do not matter.
    with_nets = [run for run in runs if any("device" in how for how in run.resolved.values())]
    first = (with_nets or runs)[0]
    for run in runs:
        for name, mine, theirs in run.config.differences(first.config):
            if run in with_nets or name not in NET_OPTIONS:
                raise UsageError(
                    f"{first.path} was begun with {name}={theirs!r}, {run.path} with {mine!r}; "
                    "merge runs of the same options"
                )
    return first.config.with_models(model for run in runs for model in run.config.models)
