"""``fit``: the main job."""

from pathlib import Path

import click

from ..runs import PROTOCOLS, Config, fit_run
from .options import (
    ModelNames,
    SettingsFile,
    cache_option,
    config_option,
    jobs_option,
    option,
    quiet_option,
    stems_options,
)
from .papers import write_papers
from .problems import report_problems
from .progress import make_progress


@click.command("fit")
@config_option()
@option("--data", required=True, help="Competition folder, folder per class, or CSV manifest.")
@option(
    "--models",
    type=ModelNames(),
    default="lr,lgbm,effnet",
    help="Models to train and stack, perhaps with parameters: lr(C=0.1),effnet:b0(epochs=8).",
)
@option("--out", required=True, type=click.Path(path_type=Path), help="Run directory.")
@option("--folds", type=int, default=5, help="Folds, disjoint by song.")
@option("--repeats", type=int, default=1, help="Tables of folds to average over; for clips.")
@option(
    "--protocol",
    type=click.Choice(PROTOCOLS),
    default="disjoint",
    help="Whether folds may share songs; what comes of it is optimistic.",
)
@option("--mashups-per-genre", type=int, default=100, help="Training mashups a class.")
@option("--settings", type=SettingsFile(), default=None, help="YAML of mashup settings.")
@option("--seed", type=int, default=0, help="Root of all randomness.")
@stems_options
@option("--backbone", default="auto", help="timm backbone of effnet, or 'cnn'.")
@option("--weights", default="imagenet", help="imagenet, none, or a file.")
@option("--epochs", type=click.IntRange(min=1), default=None, help="Epochs of effnet.")
@option("--device", default="auto", help="auto, cpu or cuda.")
@option("--scheduler", default=None, help="Dask workers: local:N, or tcp://HOST:PORT.")
@option("--audit", is_flag=True, help="First look for leaks: shuffled labels, unique tones.")
@option("--resume", is_flag=True, help="Go on with the run in --out.")
@jobs_option()
@cache_option()
@quiet_option()
def fit_command(out, resume, audit, scheduler, jobs, cache, quiet, settings, **options):
    """Train models out of fold, stack them, and predict the test clips.

    \b
    stemstack fit --data DATA --models lr,lgbm,effnet --out RUN

    The run directory holds the configuration, folds, recipes, every prediction, the models,
    metrics.json, submission.csv, report.html and model_card.md.
    """
    progress = make_progress(quiet)
    config = Config(settings=settings or {}, **options)
    run, problems = fit_run(
        config,
        out,
        cache=cache,
        n_jobs=jobs,
        resume=resume,
        scheduler=scheduler,
        audit=audit,
        progress=progress,
    )
    write_papers(run, progress)
    report_problems(problems, "test clips were left out of the submission")
