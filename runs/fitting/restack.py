"""Another meta-model over the base models of finished runs."""

from ...exceptions import UsageError
from ...models.own_code import code_hashes, code_sources
from ...models.persistence import check_savable
from ...stacking.blending import BLENDS, compare_blends, make_blend
from ...stacking.out_of_fold import name_columns
from ...utils.atomic_write import link_or_copy
from ...utils.threads import one_blas_thread
from ..clip_list import ClipList
from ..derived.merge import check_same_samples
from ..predictions import ModelPredictions
from ..run import STACK, Run
from .meta_fit import fit_meta_model, meta_features

_CLIP_COLUMNS = ["clip", "label", "fold"]


@one_blas_thread()
def restack_runs(paths, out, *, blend):
    """Fit another meta-model on the base models of finished runs; no base model is refitted.

    Parameters
    ----------
    paths : sequence of str or os.PathLike
        Run directories, of the same clips and folds.
    out : str or os.PathLike
        A new run directory, with the base models of all runs.
    blend : str
        The meta-model, as in :func:`~stemstack.stacking.make_blend`.

    Returns
    -------
    run : Run
    table : DataFrame
        One row per blend: its nested ``macro_f1``, and ``low`` and ``high`` of the 95 % interval
        from a bootstrap over groups of clips that share songs.

    Raises
    ------
    DataError
        A path holds no finished run.
    UsageError
        The runs differ in clips, labels, folds or test clips, or have different models of one name;
        ``out`` is not empty; or the blend is unknown or cannot be saved.

    See Also
    --------
    merge_runs : Merges unfinished runs.
    stemstack.stacking.compare_blends : Compares blends on predictions of your own.

    Examples
    --------
    >>> from stemstack.runs import restack_runs
    >>> run, table = restack_runs(["RUN"], "RUN2", blend="greedy")  # doctest: +SKIP
    """
    final = make_blend(blend)
    check_savable(final, blend)
    runs = [Run.open(path) for path in paths]
    table, test_ids = _shared_tables(runs)
    predictions, sources = _collect(runs, test_ids)
    with Run.create(out) as run:
        _write_inputs(run, runs, sources, blend)
        metrics = runs[0].metrics
        test = ClipList(test_ids, [], runs[0].header, tuple(metrics["left_out"]))
        fit_meta_model(run, table, test, predictions, classes=metrics["classes"], final=final)
        y, folds = table["label"].to_numpy(dtype=object), table["fold"].to_numpy()
        X, groups = meta_features(predictions), run.song_groups(len(table))
        named = {name: make_blend(name) for name in (*BLENDS, blend)}
        blends = compare_blends(X, y, folds, named, groups=groups)
        run.write_metrics({**run.metrics, "blends": blends.to_dict(orient="index")})
    return Run(out, code_sources([blend])), blends


def _shared_tables(runs):
    """Return the training table and the test ids, which must be the same in all runs."""
    first = runs[0]
    table, test_ids = first.read_table("ledger/oof")[_CLIP_COLUMNS], _test_ids(first)
    for run in runs[1:]:
        check_same_samples(first, run)
        if not run.read_table("ledger/oof")[_CLIP_COLUMNS].equals(table):
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
    exists = (run.path / "ledger/test.parquet").exists()
    return run.read_table("ledger/test")["id"].tolist() if exists else []


def _collect(runs, test_ids):
    """Return each model's predictions, and the first run that has the model."""
    predictions, sources = {}, {}
    for run in runs:
        classes = run.metrics["classes"]
        oof = run.read_table("ledger/oof")
        test = run.read_table("ledger/test") if test_ids else None
        for name in run.model_names:
            part = ModelPredictions(
                _select(oof, name, classes), None if test is None else _select(test, name, classes)
            )
            if name in predictions and not predictions[name].oof.equals(part.oof):
                raise UsageError(
                    f"{sources[name].path} and {run.path} each have a model {name!r}, and they "
                    "differ; fit one of them under a name with its parameters, such as lr(C=0.1)"
                )
            sources.setdefault(name, run)
            predictions.setdefault(name, part)
    return predictions, sources


def _select(table, name, classes):
    """Return a model's columns; of two classes the second only, as base models predict them."""
    columns = name_columns(name, classes, len(classes))
    if len(classes) > 2:
        return table[columns]
    return table[columns[1:]].set_axis(name_columns(name, classes, 1), axis=1)


def _write_inputs(run, runs, sources, blend):
    """Write the configuration, folds, recipes and base models."""
    config = runs[0].config.with_models(model for other in runs for model in other.config.models)
    resolved = {name: source.resolved.get(name, {}) for name, source in sources.items()}
    origin = {str(other.path): other.config.as_dict() for other in runs}
    stack = {"blend": blend, "runs": origin}
    if hashes := code_hashes(blend):
        stack["code"] = hashes
    config.write(run.config_path, {**resolved, STACK: stack})
    run.link_samples(runs[0])
    for name, source in sources.items():
        link_or_copy(source.model_folder(name), run.model_folder(name))
