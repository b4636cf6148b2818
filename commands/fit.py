"""``fit``: train, stack, predict."""

from functools import partial
from pathlib import Path

import click
from click.core import ParameterSource

from ..exceptions import UsageError
from ..models.registry import DEFAULT_MODELS
from ..stacking.blending import BLENDS, DEFAULT_BLEND
from ._shared.config_file import config_option
from ._shared.default_models import choose_default_blend, choose_default_models
from ._shared.grouped import GroupedCommand, option
from ._shared.options import (
    PROTOCOLS,
    cache_option,
    default_settings,
    jobs_option,
    json_option,
    label_separator_option,
    quiet_option,
    settings_option,
    stems_options,
    trust_option,
    window_options,
)
from ._shared.terminal import echo_data, print_json
from ._shared.values import CountOrAuto, Duration, FilePath, MatchMode, ModelNames, NoiseFolder

_DATA, _MASHUPS, _MODELS, _COMPUTING, _OUTPUT = "Data", "Mashups", "Models", "Computing", "Output"
_FILE = FilePath(path_type=Path)


@click.command("fit", cls=GroupedCommand)
@option(
    "--data",
    required=True,
    type=FilePath(),
    group=_DATA,
    help="Competition folder, folder per class, CSV manifest, or the URL of one.",
)
@config_option()
@label_separator_option(group=_DATA)
@option("--folds", type=int, default=5, group=_DATA, help="Folds, disjoint by song.")
@option(
    "--repeats",
    type=int,
    default=1,
    group=_DATA,
    help="Number of fold assignments to average over; for clips only.",
)
@option(
    "--protocol",
    type=click.Choice(PROTOCOLS),
    default="disjoint",
    group=_DATA,
    help="Whether folds may share songs; shared is optimistic.",
)
@window_options(training=True, group=_DATA)
@option("--seed", type=int, default=0, group=_DATA, help="Random seed.")
@option(
    "--mashups-per-genre",
    type=CountOrAuto(),
    default="auto",
    group=_MASHUPS,
    help="Training mashups per class; auto doubles 200 as long as a learning curve predicts a gain "
    "of 0.003 macro F1 and the fit takes no longer than --time-limit, or 1 h without one.",
)
@settings_option("wide", group=_MASHUPS)
@option(
    "--match",
    type=MatchMode(),
    default="auto",
    group=_MASHUPS,
    help="Match the settings to the unlabelled test clips first: read takes the durations "
    "from them; quick and full also the level, and weigh generators in one round or four, which "
    "pays only where the generator of the test is like one of the candidates; a YAML "
    "file has settings found before. auto is read without --settings, and off with it.",
)
@stems_options
@option(
    "--noise",
    type=NoiseFolder(),
    group=_MASHUPS,
    help="Folder of noise clips that recordings are mixed with, as mashups of one stem; synthetic "
    "for generated ones; or off. By default, synthetic if a classifier tells the test clips from "
    "the recordings.",
)
@option(
    "--models",
    type=ModelNames(),
    default=",".join(DEFAULT_MODELS),
    group=_MODELS,
    help="Models to train and stack, optionally with parameters: lr(C=0.1),effnet:b0(epochs=8); "
    "handcrafted for the best without networks; or functions of your own: my_models.py:make_svm. "
    "By default, clips lack codebook, and lr has embeddings of musicnn on them, if installed.",
)
@option("--backbone", default="auto", group=_MODELS, help="timm backbone of effnet, or 'cnn'.")
@option("--weights", default="imagenet", group=_MODELS, help="imagenet, none, or a file.")
@option("--epochs", type=int, group=_MODELS, help="Epochs of effnet.")
@option(
    "--self-training",
    type=click.Choice(("auto", "off")),
    default="auto",
    group=_MODELS,
    help="Whether lda is fitted on test clips too, with its own confident labels of them, in "
    "rounds that must improve its score on held-out songs.",
)
@option(
    "--blend",
    type=click.Choice(BLENDS),
    default=DEFAULT_BLEND,
    show_default="vote for clips of one class each, otherwise logistic",
    group=_MODELS,
    help="Meta-model over all models; stack compares them, without fitting models again.",
)
@option(
    "--audit",
    is_flag=True,
    group=_MODELS,
    help="Run leakage checks (shuffled labels, unique tones) before fitting.",
)
@trust_option()
@option("--device", default="auto", group=_COMPUTING, help="auto, cpu or cuda.")
@jobs_option()
@option("--scheduler", group=_COMPUTING, help="Dask workers: local:N, or tcp://HOST:PORT.")
@option(
    "--time-limit",
    type=Duration(),
    group=_COMPUTING,
    help="Finish within this time (9h, 30m, 01:30:00): with fewer epochs, then fewer models.",
)
@cache_option()
@option("--out", type=_FILE, group=_OUTPUT, help="Run directory.  [required]")
@option("--resume", is_flag=True, group=_OUTPUT, help="Resume the run in --out.")
@option(
    "--answers",
    type=FilePath(exists=True, dir_okay=False, path_type=Path),
    group=_OUTPUT,
    help="CSV with test labels; adds test scores to the report.",
)
@option(
    "--track",
    metavar="NAME[:WHERE]",
    group=_OUTPUT,
    help="Log to an experiment tracker: mlflow[:URI] or wandb[:PROJECT].",
)
@option(
    "--dry-run", is_flag=True, group=_OUTPUT, help="Print the plan with estimated times, and exit."
)
@option(
    "--print-config",
    is_flag=True,
    group=_OUTPUT,
    help="Print the configuration as YAML for --config, and exit.",
)
@json_option("Print the scores, or the plan, as JSON.")
@quiet_option()
@click.pass_context
def fit_command(
    ctx,
    out,
    dry_run,
    print_config,
    track,
    as_json,
    answers,
    quiet,
    settings,
    match,
    trust,
    **options,
):
    """Train models by fold, stack them and predict the test clips.

    \b
    stemstack fit --data DATA --models lr,lgbm,effnet --out RUN
    stemstack fit --data DATA --out RUN --dry-run
    stemstack fit --data DATA --out RUN --time-limit 9h
    stemstack fit --config RUN/config.yaml --out COPY

    The run directory holds the configuration, folds, recipes, every prediction, the models,
    metrics.json, costs.json, submission.csv, report.html and model_card.md.
    """
    from ..runs import Config
    from ._shared.progress import make_resources

    note, data = None, (options["data"], options["label_separator"])
    if ctx.get_parameter_source("models") is ParameterSource.DEFAULT:
        options["models"], note = choose_default_models(*data)
    if ctx.get_parameter_source("blend") is ParameterSource.DEFAULT:
        resumed = out if options["resume"] else None
        options["blend"] = choose_default_blend(*data, resumed=resumed)
    _check_trust(ctx, options["models"], trust)
    _check_origin(ctx, {**options, "track": track})
    # How to compute, as opposed to what: the rest of the options is the configuration.
    names = ("resume", "scheduler", "audit", "time_limit")
    execution = {name: options.pop(name) for name in names}
    cache, jobs = options.pop("cache"), options.pop("jobs")
    is_default = match == "auto"
    settings, match = _resolve_match(settings, match)
    config = Config(settings=default_settings(settings), **options)
    if print_config:
        # In quotes: without them, off is false in YAML.
        echo_data(f"{config.to_yaml()}match: '{match}'\n", nl=False)
    elif out is None:
        raise click.UsageError("Missing option '--out': the run directory.")
    else:
        resources = make_resources(cache, jobs, quiet)
        execution["choose_noise"] = None if config.noise else _choose_noise
        if note is not None:
            resources.progress.log(note)
        if dry_run:
            _plan(config, out, execution, match, resources, as_json)
        else:
            execution["match"] = _make_matcher(match, required=not is_default)
            _fit(config, out, execution, resources, track, answers, as_json)


def _resolve_match(settings, match):
    """Return the settings to start from, and ``off``, ``read``, ``quick`` or ``full``."""
    if isinstance(match, dict):
        if settings is not None:
            raise UsageError("--settings and --match both name settings; leave one of them out")
        return match, "off"
    if match == "auto":
        return settings, "read" if settings is None else "off"
    return settings, match


def _choose_noise(data, config, resources):
    """Return the noise of a fit that names none, and say so if it is any."""
    from ..domain_shift.recording_noise import choose_noise

    noise, gap = choose_noise(data, config, resources=resources)
    if noise is not None:
        facets = ", ".join(facet.name for facet in gap.facets if facet.is_separable)
        resources.progress.log(
            f"a classifier separates the test clips from the training clips with AUC {gap.auc:.2f},"
            f" by {facets}: recordings are trained on with synthetic noise, other levels and "
            "effects; --noise FOLDER mixes in your own noise, --noise off none"
        )
    return noise


def _make_matcher(match, required):
    """Return the function that matches the settings of a run, or None."""
    if match == "off":
        return None
    from ..domain_shift.tuning.match import MATCH_BUDGETS, match_settings

    return partial(match_settings, budget=MATCH_BUDGETS[match], required=required)


def _check_trust(ctx, models, trust):
    """Check that code named by a configuration file is trusted on the command line."""
    from ..models.own_code import code_sources

    if ctx.get_parameter_source("models") is not ParameterSource.DEFAULT_MAP:
        return
    trusted = {Path(source).resolve() for source in trust}
    untrusted = [s for s in code_sources(models) if Path(s).resolve() not in trusted]
    if untrusted:
        raise UsageError(
            f"The configuration names code to import: {untrusted[0]}; pass --trust {untrusted[0]} "
            "if you trust its author"
        )


def _check_origin(ctx, options):
    """Check that addresses of other machines come from the user, not from a configuration file."""
    from ..datasets import is_url

    scheduler, track = options["scheduler"], options["track"]
    remote = {
        "data": is_url(options["data"]),
        "scheduler": scheduler is not None and not str(scheduler).startswith("local"),
        # After the colon there may be the address of a server.
        "track": track is not None and ":" in str(track),
    }
    for name, is_remote in remote.items():
        if is_remote and ctx.get_parameter_source(name) is ParameterSource.DEFAULT_MAP:
            raise UsageError(
                f"The configuration names another machine: {name} {options[name]}; repeat it as "
                f"--{name} {options[name]} if you trust its author"
            )


def _plan(config, out, execution, match, resources, as_json):
    from ..runs import plan_run

    options = {name: execution[name] for name in ("audit", "time_limit", "choose_noise")}
    if match != "off":
        from ..domain_shift.tuning.match import MATCH_BUDGETS

        options["match_clips"] = MATCH_BUDGETS[match].n_clips
    plan = plan_run(config, out, **options, resources=resources)
    if as_json:
        print_json({**plan.to_dict(), "peak_memory_mb": round(_memory(plan) / 1e6)})
    else:
        print_plan(plan)


def _fit(config, out, execution, resources, track, answers, as_json):
    from ..runs import fit_run
    from ..runs.tracking import follow, make_tracker
    from ._shared.outputs import report_skipped_clips, write_report_and_card

    progress = resources.progress
    tracker = track and make_tracker(track, out)
    with follow(tracker, config, out, progress) as log_run:
        run, problems = fit_run(config, out, **execution, resources=resources)
        summary = write_report_and_card(run, progress, answers)
        log_run(run, summary)
    if as_json:
        print_json(summary)
    report_skipped_clips(problems, "test clips were left out of the submission")


def _memory(plan):
    from ..utils.machine import expected_memory

    n_clips = plan.training_clips + plan.test_clips
    networks = any("device" in values for values in plan.resolved.values())
    return expected_memory(plan.processes, n_clips, networks=networks)


def print_plan(plan, console=None):
    """Print the plan of a fit: sizes, models, decisions, and stages with estimated times.

    Parameters
    ----------
    plan : FitPlan
    console : rich.console.Console, optional
        stdout by default.
    """
    from rich import box
    from rich.table import Table

    from ..utils.formatting import format_duration
    from ..utils.machine import memory_limit
    from ._shared.progress import make_console, plain

    console = console or make_console()
    console.print(
        f"{plan.training_clips} training clips of {plan.classes} classes, "
        f"{plan.test_clips} test clips, {plan.folds} folds, {plan.processes} processes"
    )
    memory, limit = _memory(plan), memory_limit()
    console.print(f"about {memory / 1e9:.1f} GB of memory at the peak, of {limit / 1e9:.1f} GB")
    if memory > limit:
        console.print("That is more than there is: use fewer --jobs")
    for model, values in plan.resolved.items():
        if values:
            # Of one's own code the names are printed, not the hashes.
            texts = {k: " ".join(v) if isinstance(v, dict) else v for k, v in values.items()}
            listed = ", ".join(f"{name} {value}" for name, value in texts.items())
            console.print(f"{model}: {listed}", markup=False)
    for decision in plan.decisions:
        console.print(decision, markup=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("stage", footer="total", overflow="fold")
    for name, footer in (("steps", ""), ("done", ""), ("time", format_duration(plan.seconds))):
        table.add_column(name, justify="right", footer=footer, no_wrap=True)
    for stage in plan.stages:
        table.add_row(
            plain(stage.stage), str(stage.n), str(stage.done), format_duration(stage.seconds)
        )
    console.print(table)
