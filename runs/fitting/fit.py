"""The main job: folds, clips, base models by fold, the meta-model, scores and the submission."""

import json
import math
import warnings
from dataclasses import replace
from pathlib import Path

from ...datasets import read_data
from ...datasets.layouts.added_noise import add_noise
from ...exceptions import DataWarning, UsageError
from ...mashups import write_recipes
from ...models import (
    check_model_names,
    fit_each_label,
    make_model,
    model_columns,
    resolve_auto,
)
from ...models.own_code import code_hashes, code_sources
from ...stacking import make_blend
from ...utils.atomic_write import atomic_path, write_text
from ...utils.locking import exclusive
from ...utils.resources import DEFAULT_RESOURCES
from ...utils.threads import one_blas_thread
from ..clip_list import ClipList
from ..config import AUTO
from ..costs import Costs
from ..learning_curve import CURVE
from ..run import SONG_SHARED, Run
from ..time_limit.budget import RESERVE
from ..time_limit.deadline import TimeLimit
from ..time_limit.estimate import PlannedStage, plan_fit
from ..training_clips import drop_silent_noise, training_clips
from ..training_windows import list_windows
from .audit import audit_run, auditable
from .cluster import connect
from .feature_cache import ensure_cache
from .fold_fits import FoldFitter
from .mashup_count import (
    DEFAULT_SECONDS,
    choose_mashups,
    describe_rounds,
    largest_round,
)
from .meta_fit import fit_meta_model

# Values of options that leave each model its own default.
_UNSET = {"backbone": "auto", "weights": "imagenet", "epochs": None}


@one_blas_thread()
def fit_run(
    config,
    out,
    *,
    resume=False,
    scheduler=None,
    audit=False,
    time_limit=None,
    match=None,
    choose_noise=None,
    resources=DEFAULT_RESOURCES,
):
    """Fit models out-of-fold, stack them, and predict the test clips.

    With the protocol ``"both"``, the run in ``out`` has folds that share no songs, and the one in
    ``out/song_shared`` has folds that do; the scores of both are in ``out/metrics.json``.

    Parameters
    ----------
    config : Config
    out : str or os.PathLike
        The run directory to create, or to resume.
    resume : bool, default=False
        Compute what the run in ``out`` lacks.
    scheduler : str, optional
        Dask cluster that computes features and fits, with the same result: ``local:N`` or the
        address of a scheduler. By default worker processes on this machine do.
    audit : bool, default=False
        Run leakage checks before the fits.
    time_limit : float, optional
        Time for the whole job, in s: epochs are reduced, then models dropped, to meet it.
    match : callable, optional
        Matches the mashup settings to the test before mashups are sampled, such as
        :func:`~stemstack.domain_shift.tuning.match_settings`: takes the data set and the settings,
        ``time_limit`` and ``resources``, and returns settings and texts of files for the run, by
        name. A resumed run keeps its settings.
    choose_noise : callable, optional
        Chooses the noise that recordings are trained on with, in place of the configuration's:
        takes the data set, the configuration and ``resources``. A resumed run keeps its noise.
    resources : Resources
        Cache folder, worker processes and progress; the result does not depend on them. Without a
        cache folder a temporary one is used.

    Returns
    -------
    run : Run
    problems : tuple of str
        One message for each test clip that was left out.

    Raises
    ------
    UsageError
        The options are invalid, or do not fit the run in ``out``.
    DataError
        The data cannot be used. What was computed before is kept.

    See Also
    --------
    predict_run : Predicts new clips with a run.
    restack_runs : Fits another meta-model.

    Examples
    --------
    >>> from pathlib import Path
    >>> from stemstack.runs import Config, fit_run
    >>> from stemstack.utils.resources import Resources
    >>> config = Config("DATA", models=("lr", "lgbm"))
    >>> run, problems = fit_run(
    ...     config, "RUN", resources=Resources(Path("cache"), n_jobs=4)
    ... )  # doctest: +SKIP
    """
    _check_options(config, scheduler, audit, time_limit)
    with ensure_cache(resources) as resources, connect(scheduler) as client:
        if client is not None:
            # Workers may run in other directories.
            out = Path(out).absolute()
            resources = replace(resources, cache=resources.cache.absolute())
        options = {"resume": resume, "client": client, "resources": resources}
        choices = {"match": match, "choose_noise": choose_noise}
        run, problems = _fit_protocol(
            config, out, audit=audit, time_limit=time_limit, **choices, **options
        )
        if config.protocol == "both":
            resources.progress.log("the same again with songs shared between folds, to compare")
            found = run.config
            shared = replace(config.with_number_of(found), protocol="shared")
            shared = replace(shared, settings=found.settings, noise=found.noise)
            optimistic, _ = _fit_protocol(shared, Path(out, SONG_SHARED), **options)
            run.write_metrics({**run.metrics, SONG_SHARED: optimistic.metrics["out_of_fold"]})
    return run, problems


def plan_run(
    config,
    out,
    *,
    audit=False,
    time_limit=None,
    match_clips=0,
    choose_noise=None,
    resources=DEFAULT_RESOURCES,
):
    """Estimate the stages and times of :func:`fit_run`; nothing is written.

    Parameters
    ----------
    config : Config
    out : str or os.PathLike
        The run directory; what a run there has already is not counted.
    audit : bool, default=False
        Whether to run leakage checks.
    time_limit : float, optional
        Time for the whole job, in s.
    match_clips : int, default=0
        Number of clips that matching the settings renders or reads.
    choose_noise : callable, optional
    resources : Resources
        As passed to :func:`fit_run`.

    Returns
    -------
    FitPlan

    Raises
    ------
    UsageError
        The options are invalid, or no model fits the time limit.
    DataError
        The data cannot be used.

    See Also
    --------
    fit_run : Runs the plan.

    Examples
    --------
    >>> from stemstack.runs import Config, plan_run
    >>> plan = plan_run(Config("DATA", models=["lr"]), "RUN")  # doctest: +SKIP
    >>> plan.seconds  # doctest: +SKIP
    94.2
    """
    _check_options(config, None, audit, time_limit)
    available = math.inf if time_limit is None else time_limit * (1 - RESERVE)
    with ensure_cache(resources) as resources:
        if choose_noise is not None and Run(out).config_path.exists():
            config, choose_noise = _with_noise_of(config, Run(out)), None
        run = Run.begin(out, config, resume=True)
        data, models, resolved = _load(config, resources)
        if choose_noise is not None:
            config = replace(config, noise=choose_noise(data, config, resources))
            data = _add_noise(data, config, resources)
        config, decisions = _largest_plan(data, config, run, models, resolved, available, resources)
        with resources.progress.stage("measuring"):
            plan, _ = plan_fit(
                *(data, config, run, models, resolved),
                available=available,
                audit=audit,
                match_clips=match_clips,
                resources=resources,
            )
    plan = replace(plan, decisions=[*decisions, *plan.decisions])
    if config.protocol != "both":
        return plan
    again = PlannedStage("the same, songs shared", 1, 0, plan.seconds)
    return replace(plan, stages=[*plan.stages, again])


def _check_options(config, scheduler, audit, time_limit):
    check_model_names(config.models)
    if audit and config.protocol == "shared":
        raise UsageError(
            "--audit checks that no song is on both sides of a split; with --protocol shared songs "
            "are. Leave one of them out"
        )
    if audit and config.label_separator is not None:
        raise UsageError("--audit checks clips of one label; leave it out, or --label-separator")
    if time_limit is not None and scheduler is not None:
        raise UsageError(
            "--time-limit measures this machine, not the workers of a --scheduler; use one of them"
        )
    if time_limit is not None and config.protocol == "both":
        raise UsageError(
            "--time-limit plans one protocol at a time; choose --protocol disjoint or shared"
        )


def _with_noise_of(config, run):
    """Return the configuration with the noise of the run to resume."""
    found = run.config
    if found.noise_folder is not None:
        raise UsageError(f"{run.path} has noise of a folder: repeat --noise {found.noise_folder}")
    return replace(config, noise=found.noise)


def _add_noise(data, config, resources):
    options = {"cache": resources.cache, "progress": resources.progress}
    return add_noise(data, config.noise, **options)


def _fit_protocol(
    config,
    out,
    *,
    resume,
    client,
    audit=False,
    time_limit=None,
    match=None,
    choose_noise=None,
    resources,
):
    """Fit one run from data to submission."""
    # The run, the data and the models.
    if resume and Run(out).config_path.exists():
        found = Run(out).config
        config = config.with_number_of(found)
        if match is not None:
            if config.settings != found.settings:
                resources.progress.log("the run keeps the mashup settings that it was begun with")
            config, match = replace(config, settings=found.settings), None
        if choose_noise is not None:
            config, choose_noise = _with_noise_of(config, Run(out)), None
    run, requested = Run.begin(out, config, resume=resume), config
    limit = None if time_limit is None else TimeLimit(time_limit, run, config)
    if limit is not None:
        _check_planned_code(config, limit.config)
        config = limit.config
    data, models, resolved = _load(config, resources)
    if client is not None:
        data = replace(data, root=data.root.absolute())
    if audit:
        auditable(models)

    # Noise and settings like the test, folds and clips.
    resources = replace(resources, progress=Costs(run, resources.progress))
    progress, files = resources.progress, {}
    if choose_noise is not None:
        noise = choose_noise(data, config, resources)
        config, requested = (replace(one, noise=noise) for one in (config, requested))
        data = _add_noise(data, config, resources)
    if data.has_stems:
        data = drop_silent_noise(data, config, resources=resources)
    if match is not None:
        options = {"time_limit": time_limit, "resources": resources}
        settings, files = match(data, config.settings, **options)
        config, requested = (replace(one, settings=settings) for one in (config, requested))
    if config.mashups_per_genre == AUTO and data.has_stems:
        left = DEFAULT_SECONDS if limit is None else time_limit * (1 - RESERVE) - limit.elapsed
        options = {"available": left, "client": client, "resources": resources}
        curve = choose_mashups(data, config, run, models, resolved, **options)
        for line in curve.describe():
            progress.log(line)
        number, files[CURVE] = curve.chosen, json.dumps(curve.to_dict(), indent=1) + "\n"
        config, requested = (replace(one, mashups_per_genre=number) for one in (config, requested))
    if limit is not None:
        limit.config = config
    test = ClipList.from_test_table(data).usable(resources=resources)
    training = training_clips(data, config, test_seconds=test.seconds, resources=resources)
    test = test.cut(training.window_lengths)
    if config.hop is not None and not list_windows(training.table["clip"]):
        message = "--hop has no effect: it is of windows, and no training clip is one"
        warnings.warn(message, DataWarning, stacklevel=2)

    # With a time limit: fewer epochs, fewer models.
    if limit is not None:
        models, resolved = limit.plan(data, models, resolved, audit=audit, resources=resources)

    # Nothing is written before this: invalid data leave no run, and a finished one unchanged.
    with exclusive(run.path):
        # Another process may have begun this run meanwhile.
        Run.begin(out, requested, resume=resume)
        run.unfinish()
        _write_config(run, config, resolved, limit)
        _write_samples(run, training)
        for name, text in files.items():
            write_text(run.path / name, text)
    if audit:
        audit_run(run, training, models, resources=resources)

    # The base models.
    with progress.stage("checking the ledger"):
        hashes = {name: list(r["code"].values()) for name, r in resolved.items() if "code" in r}
        fitter = FoldFitter(
            *(run, training, test), client=client, code_hashes=hashes, resources=resources
        )
    on_gpu = {name for name, params in resolved.items() if params.get("device", "cpu") != "cpu"}
    if limit is None:
        predictions = fitter.fit(models, on_gpu=on_gpu)
    else:
        predictions = limit.fit(fitter, models, on_gpu=on_gpu, progress=progress)
        _write_config(run, config, resolved, limit)

    # The meta-model, the scores and the submission.
    with progress.stage("stacking"):
        final = make_blend(config.blend)
        target = training.target
        fit_meta_model(run, training.table, test, predictions, target=target, final=final)
    if limit is not None and limit.unfinished:
        run.write_metrics({**run.metrics, "unfinished": limit.unfinished})
    return run, test.problems


def _largest_plan(data, config, run, models, resolved, available, resources):
    """Return the configuration with the most mashups that ``auto`` may draw, and what it does."""
    if run.config_path.exists():
        config = config.with_number_of(run.config)
    if config.mashups_per_genre != AUTO or not data.has_stems:
        return config, []
    available = DEFAULT_SECONDS if math.isinf(available) else available
    options = {"available": available, "resources": resources}
    with resources.progress.stage("measuring"):
        number = largest_round(data, config, run, models, resolved, **options)
    return replace(config, mashups_per_genre=number), [describe_rounds(number)]


def _load(config, resources):
    """Return the data set, the unfitted models by column, and what ``auto`` resolved to."""
    data = read_data(
        config.data,
        **config.reading,
        noise=config.noise,
        cache=resources.cache,
        progress=resources.progress,
    )
    options = {"random_state": config.seed, "device": config.device}
    options |= {k: getattr(config, k) for k, v in _UNSET.items() if getattr(config, k) != v}
    models, resolved = {}, {}
    for column, name in zip(model_columns(config.models), config.models, strict=True):
        models[column] = make_model(name, **options)
        if config.label_separator is not None:
            models[column] = fit_each_label(models[column])
        resolved[column] = resolve_auto(models[column])
        if hashes := code_hashes(name):
            resolved[column]["code"] = hashes
    return data, models, resolved


def _check_planned_code(config, planned):
    """Check that a resumed run plans no code that the user did not name."""
    unnamed = set(code_sources(planned.models)) - set(code_sources(config.models))
    if unnamed:
        raise UsageError(
            f"The run plans models of {', '.join(sorted(unnamed))}, which --models does not name; "
            "choose another --out"
        )


def _write_config(run, config, resolved, limit):
    if limit is None:
        config.write(run.config_path, resolved)
        return
    columns = model_columns(limit.config.models)
    resolved = {column: resolved[column] for column in columns}
    limit.config.write(run.config_path, resolved, limit.record)


def _write_samples(run, training):
    """Write folds and recipes, before anything is fitted on them."""
    run.write_table("folds", training.folds)
    path = run.path / "recipes.parquet"
    if not training.recipes:
        # A resumed run may have those of other data.
        path.unlink(missing_ok=True)
        return
    with atomic_path(path) as temporary:
        write_recipes(training.recipes, temporary)
