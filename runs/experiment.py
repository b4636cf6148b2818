"""The main job: folds, clips, models by fold, the stack, the scores and the submission."""

from dataclasses import replace
from pathlib import Path

from ..atomic import atomic_path
from ..audio import read_data
from ..errors import UsageError
from ..mashups import write_recipes
from ..models import check_model_names, make_model, model_columns, settle
from .auditing import audit_run
from .cluster import connect
from .first_level import FirstLevel
from .run import SONG_SHARED, Run
from .second_level import stack_run
from .training_clips import training_clips
from .unlabelled import from_test_table


def fit_run(
    config, out, *, cache, n_jobs=None, resume=False, scheduler=None, audit=False, progress
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
        Look for leaks first, by :func:`~stemstack.runs.auditing.audit_run`.
    progress : Quiet
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
    means = {"cache": cache, "n_jobs": n_jobs, "resume": resume, "progress": progress}
    if audit and config.protocol == "shared":
        raise UsageError(
            "--audit looks for songs on both sides of a split; --protocol shared is that"
        )
    with connect(scheduler) as client:
        run, problems = _fit_once(config, out, client=client, audit=audit, **means)
        if config.protocol == "both":
            progress.say("the same again with songs shared between folds, for comparison")
            optimistic = replace(config, protocol="shared")
            other, _ = _fit_once(optimistic, Path(out, SONG_SHARED), client=client, **means)
            run.write_metrics({**run.metrics, SONG_SHARED: other.metrics["out_of_fold"]})
    return run, problems


def _fit_once(config, out, *, cache, n_jobs, resume, client, audit=False, progress):
    check_model_names(config.models)
    data = read_data(
        config.data, stems=config.stems, allow_missing_stems=config.allow_missing_stems
    )
    made = [_make(name, config) for name in config.models]
    models = dict(zip(model_columns(config.models), made, strict=True))
    resolved = {name: settle(model) for name, model in models.items()}
    run = Run.begin(out, config, resume=resume)
    training = training_clips(data, config, cache=cache, n_jobs=n_jobs, progress=progress)
    # Only now: data that cannot be used leave no run behind.
    config.write(run.config_path, resolved)
    _write_draws(run, training)
    test = from_test_table(data).usable(n_jobs=n_jobs, progress=progress)
    if audit:
        audit_run(run, training, models, cache=cache, n_jobs=n_jobs, progress=progress)
    first = FirstLevel(run, training, test.paths, cache=cache, n_jobs=n_jobs, client=client)
    on_gpu = {name for name, means in resolved.items() if means.get("device", "cpu") != "cpu"}
    parts = first.fit(models, on_gpu=on_gpu, progress=progress)
    stack_run(run, training.table, test, parts, classes=data.classes)
    return run, test.problems


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
