"""Runs begun in several places, brought together: what each computed is not computed again."""

from ..errors import UsageError
from .run import Run
from .takeover import take_over, take_over_folder


def merge_runs(paths, out):
    """Bring the ledgers and models of runs of one experiment together.

    Parameters
    ----------
    paths : sequence of str or os.PathLike
        Run directories, finished or not, of the same options; which models they fit may differ.
    out : str or os.PathLike
        A new run directory; ``fit --resume`` computes what is still missing there, and the tables.

    Returns
    -------
    Run

    Raises
    ------
    UsageError
        The runs were asked for different things, split the data differently, or fitted something
        under one name with different results; or ``out`` is not empty.
    """
    runs = [Run.open(path, finished=False) for path in paths]
    merged = Run(out)
    merged.check_vacant()
    first = runs[0]
    for run in runs[1:]:
        check_same_draws(first, run)
    plan = _plan(runs)
    _write_config(merged, runs)
    for name in ("folds.parquet", "recipes.parquet"):
        if (first.path / name).exists():
            take_over(first.path / name, merged.path / name)
    for entry, run in plan.items():
        place = (entry.model, entry.fold)
        take_over_folder(run.model_folder(*place), merged.model_folder(*place))
        # The entry comes last: where it is, the model is too.
        take_over(_path(run, entry), _path(merged, entry))
    return merged


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
        same = not any(there) or (all(there) and tables[0].read_bytes() == tables[1].read_bytes())
        if not same:
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
            if _path(other, entry).read_bytes() != _path(run, entry).read_bytes():
                raise UsageError(
                    f"{other.path} and {run.path} hold different predictions of {entry.model}, "
                    f"fold {entry.fold}, made from the same (a GPU's differ from run to run): "
                    f"remove {_path(run, entry)} to keep the first"
                )
    return plan


def _path(run, entry):
    return run.ledger.path(entry.model, entry.fold, entry.key)


def _write_config(merged, runs):
    """Write the options of the first run with the models of all."""
    config, resolved = runs[0].config, {}
    for run in runs:
        run.config.check_resumes(config)
        resolved = {**run.resolved, **resolved}
    models = (model for run in runs for model in run.config.models)
    config.with_models(models).write(merged.config_path, resolved)
