"""The main job: folds, clips, base models by fold, the meta-model, scores and the submission."""

import math
from dataclasses import replace
from pathlib import Path

from ...exceptions import UsageError
from ...mashups import Settings
from ...models import check_model_names
from ...utils.resources import DEFAULT_RESOURCES
from ...utils.threads import one_blas_thread
from ..config import AUTO
from ..run import SONG_SHARED, Run
from ..time_limit.budget import RESERVE
from ..time_limit.estimate import PlannedStage, plan_fit
from .audit import audit_run, auditable
from .cluster import connect
from .feature_cache import ensure_cache
from .job import FitJob, add_chosen_noise, load_fit
from .mashup_count import DEFAULT_SECONDS, describe_rounds, largest_round


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
        data, models, resolved = load_fit(config, resources)
        if choose_noise is not None:
            config = replace(config, noise=choose_noise(data, config, resources))
            data = add_chosen_noise(data, config, resources)
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
    # Those of clips are not used, and would be checked nowhere else.
    Settings.from_dict({"stems": list(config.stems), **config.settings})
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
    if resume and Run(out).config_path.exists():
        config = _with_choices_of(config, Run(out), match, choose_noise, resources)
        match = choose_noise = None
    options = {"resume": resume, "client": client, "time_limit": time_limit}
    job = FitJob(config, out, **options, resources=resources)
    if audit:
        auditable(job.models)
    job.choose_options(match, choose_noise)
    job.check_clips()
    job.choose_mashups()
    job.make_clips()
    job.plan(audit)
    # Nothing is written before this: invalid data leave no run, and a finished one unchanged.
    job.begin()
    if audit:
        audit_run(job.run, job.training, job.models, resources=job.resources)
    job.stack(job.fit_models())
    return job.run, job.test.problems


def _with_choices_of(config, run, match, choose_noise, resources):
    """Return the configuration with what the run to resume has found on its test clips."""
    found = run.config
    config = config.with_number_of(found)
    if match is not None:
        if config.settings != found.settings:
            resources.progress.log("the run keeps the mashup settings that it was begun with")
        config = replace(config, settings=found.settings)
    return config if choose_noise is None else _with_noise_of(config, run)


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
