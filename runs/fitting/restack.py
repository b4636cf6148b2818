"""Other second levels over models that are fitted already, of one run or of several."""

from ...exceptions import UsageError
from ...stacking import name_columns
from ...stacking.blending import compare_blends, make_blend
from ..derived.merge import check_same_draws
from ..run import STACK, Run, link_draws, link_or_copy_folder
from ..stored_clips import groups_of
from ..test_clips import ClipList
from .fold_fits import ModelPredictions
from .meta_fit import fit_meta_model, stack_features

_CLIP = ["clip", "label", "fold"]


def restack_runs(paths, out, *, blend):
    """Stack the models of finished runs on the same clips and folds anew; nothing is refitted.

    Parameters
    ----------
    paths : sequence of str or os.PathLike
        Run directories.
    out : str or os.PathLike
        A new run directory, with the models of all of them.
    blend : str
        The second level, a key of :data:`~stemstack.stacking.BLENDS`.

    Returns
    -------
    run : Run
    table : DataFrame
        Every blend, scored nested: ``macro_f1``, and ``low`` and ``high`` of its 95 % interval,
        for which groups of clips that share songs are drawn.

    Raises
    ------
    DataError
        A path holds no finished run.
    UsageError
        The runs differ in clips, labels, folds or test clips, or have different models of one name;
        ``out`` is not empty; or there is no such blend.
    """
    final = make_blend(blend)
    runs = [Run.open(path) for path in paths]
    run = Run(out)
    run.check_vacant()
    table, test_ids = _shared_tables(runs)
    parts, homes = _collect(runs, table, test_ids)
    _write_beginnings(run, runs, homes, blend)
    classes = runs[0].metrics["classes"]
    test = ClipList(test_ids, [], runs[0].header, tuple(runs[0].metrics["left_out"]))
    fit_meta_model(run, table, test, parts, classes=classes, final=final)
    y, folds = table["label"].to_numpy(dtype=object), table["fold"].to_numpy()
    blends = compare_blends(stack_features(parts), y, folds, groups=groups_of(run))
    run.write_metrics({**run.metrics, "blends": blends.to_dict(orient="index")})
    return run, blends


def _shared_tables(runs):
    """Give the training table and the test ids that all runs share."""
    first = runs[0]
    table, test_ids = first.read_table("ledger/oof")[_CLIP], _test_ids(first)
    for run in runs[1:]:
        check_same_draws(first, run)
        if not run.read_table("ledger/oof")[_CLIP].equals(table):
            raise UsageError(
                f"{first.path} and {run.path} differ in training clips, labels or folds: only runs "
                "of the same clips and folds can be stacked together"
            )
        if _test_ids(run) != test_ids:
            raise UsageError(
                f"{first.path} and {run.path} predicted different test clips; predict the same "
                "with both before stacking them"
            )
    return table, test_ids


def _test_ids(run):
    there = (run.path / "ledger/test.parquet").exists()
    return run.read_table("ledger/test")["id"].tolist() if there else []


def _collect(runs, table, test_ids):
    """Take each model's predictions from the first run that has it, and say which run that is."""
    parts, homes = {}, {}
    for run in runs:
        classes = run.metrics["classes"]
        oof = run.read_table("ledger/oof")
        test = run.read_table("ledger/test") if test_ids else None
        for name in run.model_names:
            columns = name_columns(name, classes, len(classes))
            part = ModelPredictions(
                _as_first_level(oof[columns], name, classes),
                None if test is None else _as_first_level(test[columns], name, classes),
            )
            if name in parts and not parts[name].oof.equals(part.oof):
                raise UsageError(
                    f"{homes[name].path} and {run.path} each have a model {name!r}, and they "
                    "differ; fit one of them under a name with its parameters, such as lr(C=0.1)"
                )
            homes.setdefault(name, run)
            parts.setdefault(name, part)
    return parts, homes


def _as_first_level(part, name, classes):
    """Of two classes keep the second only, as the first level does."""
    if len(classes) > 2:
        return part
    return part.iloc[:, 1:].set_axis(name_columns(name, classes, 1), axis=1)


def _write_beginnings(run, runs, homes, blend):
    """Write what a run begins with, and the models."""
    first = runs[0]
    config = first.config.with_models(model for other in runs for model in other.config.models)
    resolved = {name: home.resolved.get(name, {}) for name, home in homes.items()}
    origin = {str(other.path): other.config.as_dict() for other in runs}
    config.write(run.config_path, {**resolved, STACK: {"blend": blend, "runs": origin}})
    link_draws(first, run)
    for name, home in homes.items():
        link_or_copy_folder(home.model_folder(name), run.model_folder(name))
