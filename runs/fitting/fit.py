"""The main job: folds, clips, models by fold, the stack, the scores and the submission."""

import math
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ...datasets import DataSet, read_data
from ...exceptions import UsageError
from ...mashups import write_recipes
from ...models import check_model_names, make_model, model_columns, resolve_auto
from ...models.own_code import code_hashes, code_sources
from ...utils.atomic_write import atomic_path
from ..costs import Costs
from ..run import SONG_SHARED, Run
from ..test_clips import from_test_table
from ..time_limit.budget import RESERVE
from ..time_limit.budgeted_fit import BudgetedFit
from ..time_limit.deadline import Deadline
from ..time_limit.estimate import PlannedStage, Planner
from ..training_clips import training_clips
from .audit import audit_run, auditable
from .cluster import connect
from .fold_fits import FoldFitter
from .meta_fit import fit_meta_model


def fit_run(
    config,
    out,
    *,
    cache,
    n_jobs=None,
    resume=False,
    scheduler=None,
    audit=False,
    time_limit=None,
    progress,
):
    """Run an experiment from data to submission.

    With the protocol ``"both"``, the run in ``out`` never shares songs between folds, and one that
    does stands in ``out/song_shared``; its scores are entered in both.

    Parameters
    ----------
    config : Config
    out : str or os.PathLike
        The run directory.
    cache : Path
        Where converted stems and features are kept between runs.
    n_jobs : int, optional
        Processes for rendering and features; the result is the same for any number.
    resume : bool, default=False
        Go on with the run in ``out``.
    scheduler : str, optional
        ``local:N`` or the address of a Dask scheduler, whose workers extract features and fit; the
        result is the same.
    audit : bool, default=False
        Look for leaks first, by :func:`~stemstack.runs.fitting.audit.audit_run`.
    time_limit : float, optional
        Seconds that all of it may take: models and epochs are chosen to fit; see
        :class:`~stemstack.runs.time_limit.budgeted_fit.BudgetedFit`.
    progress : NullProgress
        Hears the stages.

    Returns
    -------
    run : Run
    problems : tuple of str
        Test clips that were left out, and why.

    Raises
    ------
    StemstackError
        The options or the data cannot be used; what was computed before stays.
    """
    _check_asked(config, scheduler, audit, time_limit)
    if scheduler is not None:
        # Workers may stand in other directories.
        out, cache = Path(out).absolute(), Path(cache).absolute()
    clock = None if time_limit is None else Deadline(time_limit)
    means = {"cache": cache, "n_jobs": n_jobs, "resume": resume, "progress": progress}
    with connect(scheduler) as client:
        run, problems = _fit_once(config, out, client=client, audit=audit, clock=clock, **means)
        if config.protocol == "both":
            progress.log("the same again with songs shared between folds, for comparison")
            optimistic = replace(config, protocol="shared")
            other, _ = _fit_once(optimistic, Path(out, SONG_SHARED), client=client, **means)
            run.write_metrics({**run.metrics, SONG_SHARED: other.metrics["out_of_fold"]})
    return run, problems


def plan_run(config, out, *, cache, n_jobs=None, audit=False, time_limit=None, progress):
    """Say what :func:`fit_run` would do, and about how long it would take; nothing is written.

    Parameters
    ----------
    config, out, cache, n_jobs, audit, time_limit, progress
        As of :func:`fit_run`; ``out`` may hold the run already, to be gone on with.

    Returns
    -------
    Plan

    Raises
    ------
    StemstackError
        The options or the data cannot be used, or no model fits the time limit.
    """
    _check_asked(config, None, audit, time_limit)
    job = _Job.from_config(config, cache, progress)
    run = Run.begin(out, config, resume=True)
    room = math.inf if time_limit is None else time_limit * (1 - RESERVE)
    with progress.stage("measuring"):
        planner = Planner(job.data, config, run, cache=cache, n_jobs=n_jobs)
        named = dict(zip(config.models, job.models.values(), strict=True))
        plan = planner.plan(named, job.resolved, room=room, audit=audit)
    if config.protocol != "both":
        return plan
    again = PlannedStage("the same, songs shared", 1, 0, plan.seconds)
    return replace(plan, stages=(*plan.stages, again))


def _check_asked(config, scheduler, audit, time_limit):
    check_model_names(config.models)
    if audit and config.protocol == "shared":
        raise UsageError(
            "--audit looks for songs on both sides of a split; --protocol shared is that"
        )
    if time_limit is not None and scheduler is not None:
        raise UsageError(
            "--time-limit measures this machine, not the workers of a --scheduler; give one of them"
        )
    if time_limit is not None and config.protocol == "both":
        raise UsageError(
            "--time-limit plans one protocol at a time; give --protocol disjoint or shared"
        )


@dataclass(frozen=True)
class _Job:
    """The data, and the models by column, ready to be fitted."""

    data: DataSet
    models: dict
    resolved: dict

    @classmethod
    def from_config(cls, config, cache, progress):
        data = read_data(
            config.data,
            stems=config.stems,
            allow_missing_stems=config.allow_missing_stems,
            cache=cache,
            progress=progress,
        )
        made = [_make(name, config) for name in config.models]
        columns = model_columns(config.models)
        resolved = [resolve_auto(model) for model in made]
        for name, how in zip(config.models, resolved, strict=True):
            how |= {"code": hashes} if (hashes := code_hashes(name)) else {}
        return cls(
            data,
            dict(zip(columns, made, strict=True)),
            dict(zip(columns, resolved, strict=True)),
        )


def _fit_once(config, out, *, cache, n_jobs, resume, client, audit=False, clock=None, progress):
    run = Run.begin(out, config, resume=resume)
    timed = BudgetedFit(clock, run, config) if clock else None
    if timed:
        _check_planned_code(config, timed.config)
        config = timed.config
    job = _Job.from_config(config, cache, progress)
    if client is not None:
        job = replace(job, data=replace(job.data, root=job.data.root.absolute()))
    models, resolved = job.models, job.resolved
    if audit:
        auditable(models)
    costs = Costs(run, progress)
    means = {"cache": cache, "n_jobs": n_jobs}
    training = training_clips(job.data, config, **means, progress=costs)
    test = from_test_table(job.data).usable(n_jobs=n_jobs, progress=costs)
    if timed:
        planner = Planner(job.data, config, run, **means)
        models, resolved = timed.plan(planner, models, resolved, audit=audit, progress=costs)
    # Only now: data that cannot be used leave no run behind, and a finished one as it was.
    run.unfinish()
    _write_config(run, config, resolved, timed)
    _write_draws(run, training)
    if audit:
        audit_run(run, training, models, **means, progress=costs)
    with costs.stage("looking up what is there"):
        hashes = {name: list(how.get("code", {}).values()) for name, how in resolved.items()}
        first = FoldFitter(run, training, test, **means, client=client, code_hashes=hashes)
    on_gpu = {name for name, how in resolved.items() if how.get("device", "cpu") != "cpu"}
    fit = partial(timed.fit, first) if timed else first.fit
    parts = fit(models, on_gpu=on_gpu, progress=costs)
    _write_config(run, config, resolved, timed)
    with costs.stage("stacking"):
        fit_meta_model(run, training.table, test, parts, classes=job.data.classes)
    if timed and timed.clock.unfinished:
        run.write_metrics({**run.metrics, "unfinished": timed.clock.unfinished})
    return run, test.problems


def _check_planned_code(config, planned):
    """Check that a run which is resumed plans no code that the user did not name."""
    unnamed = set(code_sources(planned.models)) - set(code_sources(config.models))
    if unnamed:
        raise UsageError(
            f"The run plans models of {', '.join(sorted(unnamed))}, which --models does not name; "
            "choose another --out"
        )


def _write_config(run, config, resolved, timed):
    """Write the configuration, as a time limit left it."""
    if timed is None:
        config.write(run.config_path, resolved)
        return
    columns = model_columns(timed.config.models)
    settled = {column: resolved[column] for column in columns}
    timed.config.write(run.config_path, settled, timed.record())


def _make(name, config):
    options = {"random_state": config.seed, "device": config.device}
    # What was not asked for is each model's own default.
    asked = {"backbone": config.backbone, "weights": config.weights, "epochs": config.epochs}
    unasked = {"backbone": "auto", "weights": "imagenet", "epochs": None}
    options |= {key: value for key, value in asked.items() if value != unasked[key]}
    return make_model(name, **options)


def _write_draws(run, training):
    """Write what chance decided, before anything is learnt from it."""
    run.write_table("folds", training.folds)
    if training.recipes:
        with atomic_path(run.path / "recipes.parquet") as temporary:
            write_recipes(training.recipes, temporary)
