"""Another meta-model over the base models of finished runs."""

from dataclasses import dataclass, replace

import pandas as pd

from ...exceptions import UsageError
from ...models.own_code import code_hashes, code_sources
from ...models.persistence import check_savable
from ...stacking.blending import BLENDS, compare_blends, leave_one_model_out, make_blend
from ...stacking.out_of_fold import name_columns
from ...utils.atomic_write import link_or_copy
from ...utils.containers import as_sequence
from ...utils.threads import one_blas_thread
from ..clip_list import ClipList
from ..derived.merge import check_same_samples
from ..predictions import ModelPredictions
from ..run import STACK, Run
from .meta_fit import fit_meta_model, meta_features

_CLIP_COLUMNS = ["clip", "label", "fold"]


def restack_runs(paths, out, *, blend, drop=(), only=()):
    """Fit another meta-model on the base models of finished runs; no base model is refitted.

    Parameters
    ----------
    paths : sequence of str or os.PathLike
        Run directories, of the same clips and folds.
    out : str or os.PathLike
        A new run directory, with the base models of all runs.
    blend : str
        The meta-model, as in :func:`~stemstack.stacking.make_blend`.
    drop, only : sequence of str, default=()
        Base models to leave out, or the only ones to use: their names in the runs, or as in
        ``--models``.

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
        ``drop`` or ``only`` names no model, or leaves none; ``out`` is not empty; or the blend is
        unknown or cannot be saved.

    See Also
    --------
    BasePredictions : Compares meta-models without writing a run.
    merge_runs : Merges unfinished runs.
    stemstack.stacking.compare_blends : Compares blends on predictions of your own.

    Examples
    --------
    >>> from stemstack.runs import restack_runs
    >>> run, table = restack_runs(["RUN"], "RUN2", blend="greedy")  # doctest: +SKIP
    """
    check_savable(make_blend(blend), blend)
    base = BasePredictions.read(paths, drop=drop, only=only)
    table = base.compare_blends(dict.fromkeys([*BLENDS, blend]))
    return base.write(out, blend, table), table


@dataclass(frozen=True, eq=False)
class BasePredictions:
    """Predictions of the base models of finished runs, to be stacked again.

    Attributes
    ----------
    runs : list of Run
        Of the same clips and folds.
    table : DataFrame
        Columns ``clip, label, fold``; one row per training clip.
    test_ids : list of str
    predictions : dict of str to ModelPredictions
        By base model.
    sources : dict of str to Run
        The first run that has the model.

    See Also
    --------
    restack_runs : Writes a run with another meta-model.

    Examples
    --------
    >>> from stemstack.runs import BasePredictions
    >>> base = BasePredictions.read(["RUN"], drop=["lgbm"])  # doctest: +SKIP
    >>> base.compare_blends(["greedy", "nnls"])  # doctest: +SKIP
    """

    runs: list
    table: pd.DataFrame
    test_ids: list
    predictions: dict
    sources: dict

    @classmethod
    def read(cls, paths, *, drop=(), only=()):
        """Read the predictions of finished runs.

        Parameters
        ----------
        paths : sequence of str or os.PathLike
            Run directories, of the same clips and folds.
        drop, only : sequence of str, default=()
            Base models to leave out, or the only ones to use.

        Returns
        -------
        BasePredictions

        Raises
        ------
        DataError
            A path holds no finished run.
        UsageError
            The runs do not fit together, or no such model exists, or none is left.
        """
        runs = [Run.open(path) for path in as_sequence(paths, "paths")]
        table, test_ids = _shared_tables(runs)
        return cls(runs, table, test_ids, *_collect(runs, test_ids, _select(runs, drop, only)))

    def compare_blends(self, blends):
        """Score meta-models nested.

        Parameters
        ----------
        blends : sequence of str
            As in :func:`~stemstack.stacking.make_blend`.

        Returns
        -------
        DataFrame
            As from :func:`~stemstack.stacking.compare_blends`.
        """
        named = {name: make_blend(name) for name in blends}
        X = meta_features(self.predictions)
        return compare_blends(X, *self._targets(), named, groups=self._groups())

    def leave_one_model_out(self, blend):
        """Score a meta-model without each base model, nested.

        Parameters
        ----------
        blend : str
            As in :func:`~stemstack.stacking.make_blend`.

        Returns
        -------
        DataFrame
            As from :func:`~stemstack.stacking.leave_one_model_out`.
        """
        oof = {name: part.oof for name, part in self.predictions.items()}
        return leave_one_model_out(oof, *self._targets(), make_blend(blend), groups=self._groups())

    @one_blas_thread()
    def write(self, out, blend, comparison):
        """Write a run of these base models and another meta-model.

        Parameters
        ----------
        out : str or os.PathLike
            A new run directory.
        blend : str
            The meta-model.
        comparison : DataFrame
            Scores of blends, as from :meth:`compare_blends`.

        Returns
        -------
        Run
        """
        with Run.create(out) as run:
            _write_inputs(run, self, blend)
            metrics = self.runs[0].metrics
            header, left_out = self.runs[0].header, tuple(metrics["left_out"])
            test, final = ClipList(self.test_ids, [], header, left_out), make_blend(blend)
            fit_meta_model(
                *(run, self.table, test, self.predictions), target=self.runs[0].target, final=final
            )
            more = {"blends": comparison.to_dict(orient="index")}
            if found := _self_training(self.sources):
                more["self_training"] = found
            run.write_metrics({**run.metrics, **more})
        return Run(out, code_sources([blend]))

    def _targets(self):
        return self.runs[0].target.encode(self.table["label"]), self.table["fold"].to_numpy()

    def _groups(self):
        return self.runs[0].song_groups(len(self.table))


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


def _select(runs, drop, only):
    """Return the names of the base models that are used."""
    names = {}
    for run in runs:
        for column, spelling in zip(run.model_names, run.config.models, strict=True):
            names |= {column: column, spelling: column}
    for option, values in (("--drop", drop), ("--only", only)):
        if unknown := [value for value in values if value not in names]:
            raise UsageError(
                f"{option}: no run has a model {unknown[0]!r}; choose of "
                f"{', '.join(dict.fromkeys(names.values()))}"
            )
    used = {names[value] for value in only or names} - {names[value] for value in drop}
    if not used:
        raise UsageError("--drop leaves no base model; keep one or more")
    return used


def _collect(runs, test_ids, used):
    """Return each model's predictions, and the first run that has the model."""
    predictions, sources = {}, {}
    for run in runs:
        target = run.target
        oof = run.read_table("ledger/oof")
        test = run.read_table("ledger/test") if test_ids else None
        test_folds = run.read_test_folds() if test_ids else []
        for name in (name for name in run.model_names if name in used):
            part = ModelPredictions(
                _select_columns(oof, name, target),
                None if test is None else _select_columns(test, name, target),
                [_select_columns(table, name, target) for table in test_folds],
            )
            if name in predictions and not predictions[name].oof.equals(part.oof):
                raise UsageError(
                    f"{sources[name].path} and {run.path} each have a model {name!r}, and they "
                    "differ; fit one of them under a name with its parameters, such as lr(C=0.1)"
                )
            sources.setdefault(name, run)
            predictions.setdefault(name, part)
    return predictions, sources


def _self_training(sources):
    """Return what the runs have on the self-training of the base models."""
    found = {name: run.metrics.get("self_training", {}) for name, run in sources.items()}
    return {name: by_model[name] for name, by_model in found.items() if name in by_model}


def _select_columns(table, name, target):
    """Return a model's columns; of two classes the second only, as base models predict them."""
    classes = target.classes
    columns = name_columns(name, classes, len(classes))
    if len(classes) > 2 or target.is_multilabel:
        return table[columns]
    return table[columns[1:]].set_axis(name_columns(name, classes, 1), axis=1)


def _write_inputs(run, base, blend):
    """Write the configuration, folds, recipes and base models."""
    spelled = {
        column: model
        for other in base.runs
        for column, model in zip(other.model_names, other.config.models, strict=True)
    }
    config = base.runs[0].config.with_models(spelled[name] for name in base.predictions)
    if blend in BLENDS:
        config = replace(config, blend=blend)
    for column in replace(config, self_training="auto").self_trained:
        self_training = base.sources[column].config.self_training
        config = replace(config, self_training=self_training)
    resolved = {name: source.resolved.get(name, {}) for name, source in base.sources.items()}
    origin = {str(other.path): other.config.as_dict() for other in base.runs}
    stack = {"blend": blend, "runs": origin}
    if hashes := code_hashes(blend):
        stack["code"] = hashes
    config.write(run.config_path, {**resolved, STACK: stack})
    run.link_samples(base.runs[0])
    for name, source in base.sources.items():
        link_or_copy(source.model_folder(name), run.model_folder(name))
