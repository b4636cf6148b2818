"""Merging of runs of one experiment that were computed in several places."""

from dataclasses import replace

import pandas as pd

from ...exceptions import DataError, UsageError
from ...utils.atomic_write import link_or_copy
from ..config import NET_OPTIONS
from ..fitting.fold_fits import list_folds
from ..run import Run
from ..run_files import read_parquet


def merge_runs(paths, out):
    """Merge the ledgers and models of runs of one experiment into a new run.

    Parameters
    ----------
    paths : sequence of str or os.PathLike
        Run directories, finished or not. Their options must be the same, except for the models and,
        in runs without networks, the options of networks.
    out : str or os.PathLike
        A new run directory. ``fit --resume`` computes there what is missing, and the tables.

    Returns
    -------
    Run

    Raises
    ------
    DataError
        A path holds no run made by ``fit``, or a table cannot be read.
    UsageError
        The runs differ in their options, folds or mashups, or in the predictions of one model and
        fold; or ``out`` is not empty.

    See Also
    --------
    coverage : Returns what a run still lacks.
    restack_runs : Fits a meta-model on the models of several finished runs.

    Examples
    --------
    >>> from stemstack.runs import coverage, merge_runs
    >>> coverage(merge_runs(["RUN_HERE", "RUN_THERE"], "RUN"))  # doctest: +SKIP
    """
    runs = [_open(path) for path in paths]
    first = runs[0]
    for run in runs[1:]:
        check_same_samples(first, run)
    config, sources = _common_config(runs), _choose_sources(runs)
    resolved = {name: params for run in reversed(runs) for name, params in run.resolved.items()}
    with Run.create(out) as merged:
        config.write(merged.config_path, resolved)
        merged.link_samples(first)
        for entry, run in sources.items():
            folder = run.model_folder(entry.model, entry.fold)
            if folder.exists():
                link_or_copy(folder, merged.model_folder(entry.model, entry.fold))
            link_or_copy(_path(run, entry), _path(merged, entry))
        for run in runs:
            for path in run.ledger.root.glob("*/self-training-*.json"):
                link_or_copy(path, merged.ledger.root / path.relative_to(run.ledger.root))
    return Run(out)


def coverage(run):
    """Return which folds of which models a run has.

    Parameters
    ----------
    run : Run

    Returns
    -------
    DataFrame of bool of shape (n_models, n_folds)
        Folds of repeats come after the others.

    See Also
    --------
    merge_runs : Merges runs of one experiment.

    Examples
    --------
    >>> from stemstack.runs import Run, coverage
    >>> coverage(Run.open("RUN", finished=False))  # doctest: +SKIP
    """
    existing = {(entry.model, entry.fold) for entry in run.ledger.entries()}
    folds = [fold.number for fold in list_folds(run.read_table("folds", ("fold",)))]
    rows = [[(name, fold) in existing for fold in folds] for name in run.model_names]
    return pd.DataFrame(rows, pd.Index(run.model_names, name="model"), pd.Index(folds, name="fold"))


def check_same_samples(first, other):
    """Check that two runs have the same folds and training mashups.

    Parameters
    ----------
    first, other : Run

    Raises
    ------
    UsageError
        They differ; the message names the table.
    """
    for name, content, is_same in (
        ("folds.parquet", "folds", _same_folds),
        ("recipes.parquet", "training mashups", _same_recipes),
    ):
        existing = [(run.path / name).exists() for run in (first, other)]
        if any(existing) and not (all(existing) and is_same(first, other)):
            raise UsageError(
                f"{first.path} and {other.path} have different {content} ({name}): their "
                "out-of-fold predictions cannot be combined; fit them on the same data with the "
                "same --folds and --seed"
            )


def _open(path):
    run = Run.open(path, finished=False)
    if run.made_by:
        raise DataError(
            f"{path}: {run.made_by} made this run of others, so it has no ledger of its own; merge "
            "the runs it was made of, or combine finished runs with stack"
        )
    if not (run.path / "folds.parquet").exists():
        raise DataError(f"{path}: has no folds yet; continue it with fit --resume")
    return run


def _choose_sources(runs):
    """Return the run that each entry is taken from; each model and fold must have one key."""
    sources, keys = {}, {}
    for run in runs:
        for entry in run.ledger.entries():
            source = sources.setdefault(entry, run)
            if keys.setdefault((entry.model, entry.fold), entry.key) != entry.key:
                raise UsageError(
                    f"{run.path}: {entry.model} of fold {entry.fold} was fitted on other data or "
                    "with other parameters or versions than in a run before it; merge runs of one "
                    "experiment, or combine finished runs with stack"
                )
            if not _same_predictions(_path(source, entry), _path(run, entry)):
                raise UsageError(
                    f"{source.path} and {run.path} hold different predictions of {entry.model}, "
                    f"fold {entry.fold}, from the same inputs (those of a GPU vary): remove "
                    f"{_path(run, entry)} to keep the first"
                )
    return sources


def _path(run, entry):
    return run.ledger.path(entry.model, entry.fold, entry.key)


# Contents are compared: other versions of pyarrow write the same table in other bytes.
def _same_table(first, other):
    return read_parquet(first).equals(read_parquet(other))


def _same_predictions(first, other):
    # The key is of contents and their order; clips may have been renamed since.
    first, other = (
        read_parquet(path).drop(columns="id", errors="ignore") for path in (first, other)
    )
    return first.equals(other)


def _same_folds(first, other):
    return _same_table(first.path / "folds.parquet", other.path / "folds.parquet")


def _same_recipes(first, other):
    return first.read_recipes() == other.read_recipes()


def _common_config(runs):
    """Return the options that all runs share, with the models of all."""
    # Only networks have a resolved device.
    with_networks = [run for run in runs if any("device" in r for r in run.resolved.values())]
    with_labels = [run for run in runs if replace(run.config, self_training="auto").self_trained]
    # Other runs may have any options of these models.
    users = {**dict.fromkeys(NET_OPTIONS, with_networks), "self_training": with_labels}
    first = (with_networks or runs)[0]
    self_training = (with_labels or runs)[0].config.self_training
    config = replace(first.config, self_training=self_training)
    for run in runs:
        for name, value, expected in run.config.differences(config):
            if run in users.get(name, runs):
                raise UsageError(
                    f"{first.path} was started with {name}={expected!r}, {run.path} with "
                    f"{value!r}; merge runs of the same options"
                )
    return config.with_models(model for run in runs for model in run.config.models)
