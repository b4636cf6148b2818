"""The main job: folds, clips, models by fold, the stack, the scores and the submission."""

from ..atomic import atomic_path
from ..audio import read_data
from ..mashups import write_recipes
from ..models import check_model_names, make_model, settle
from .first_level import FirstLevel
from .run import Run
from .second_level import stack_run
from .training_clips import training_clips
from .unlabelled import from_test_table


def fit_run(config, out, *, cache, n_jobs=None, resume=False, progress):
    """Run an experiment from data to submission.

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
    check_model_names(config.models)
    data = read_data(
        config.data, stems=config.stems, allow_missing_stems=config.allow_missing_stems
    )
    models = {name: _make(name, config) for name in config.models}
    resolved = {name: settle(model) for name, model in models.items()}
    run = Run.begin(out, config, resume=resume)
    training = training_clips(data, config, cache=cache, n_jobs=n_jobs, progress=progress)
    # Only now: data that cannot be used leave no run behind.
    config.write(run.config_path, resolved)
    _write_draws(run, training)
    test = from_test_table(data).usable(n_jobs=n_jobs, progress=progress)
    first = FirstLevel(run, training, test.paths, cache=cache, n_jobs=n_jobs)
    parts = {}
    for name, model in models.items():
        on_gpu = resolved[name].get("device", "cpu") != "cpu"
        parts[name] = first.fit(name, model, on_gpu=on_gpu, progress=progress)
    stack_run(run, training, test, parts, classes=data.classes)
    return run, test.problems


def _make(name, config):
    options = {
        "random_state": config.seed,
        "backbone": config.backbone,
        "weights": config.weights,
        "device": config.device,
    }
    if config.epochs is not None:
        options["epochs"] = config.epochs
    return make_model(name, **options)


def _write_draws(run, training):
    """Write what chance decided, before anything is learnt from it."""
    run.write_table("folds", training.folds)
    if training.recipes:
        with atomic_path(run.path / "recipes.parquet") as temporary:
            write_recipes(training.recipes, temporary)
