"""``pseudo-label``: answers of models that learnt from the test clips, too."""

from pathlib import Path

import click

from ..atomic import atomic_path
from .options import Names, cache_option, jobs_option, json_option, option, print_json, quiet_option


@click.command("pseudo-label")
@click.argument("run", type=click.Path(path_type=Path))
@option("--out", required=True, type=click.Path(path_type=Path), help="CSV to write.")
@option("--models", type=Names(), default=None, help="Models of the run over features.")
@option("--rounds", type=click.IntRange(min=1), default=3, help="At most.")
@option("--confidence", type=click.FloatRange(0, 1), default=0.6, help="Calibrated, and agreed on.")
@json_option("Print the rounds as JSON.")
@jobs_option()
@cache_option()
@quiet_option()
def pseudo_label_command(run, out, models, rounds, confidence, as_json, jobs, cache, quiet):
    """Learn from RUN's own test clips, in rounds that held-out songs must approve.

    \b
    stemstack pseudo-label RUN --out answers.csv

    The handcrafted models of RUN are fitted anew. Each round adds the test clips that all of them
    are sure of, as many a class; one that does not help the songs held out is rolled back and ends
    it. The answers are those of the models' mean.
    """
    from ..runs import Run, learn_from_test
    from .progress import make_progress

    means = {"cache": cache, "n_jobs": jobs, "progress": make_progress(quiet)}
    learnt = learn_from_test(
        Run.open(run), models=models, n_rounds=rounds, confidence=confidence, **means
    )
    with atomic_path(out) as temporary:
        learnt.answer.to_csv(temporary, index=False)
    if as_json:
        print_json(learnt.to_dict())
        return
    for number, round_ in enumerate(learnt.rounds, start=1):
        click.echo(f"round {number}: {round_}")
    listed = ", ".join(f"{label} {count}" for label, count in learnt.taken.items())
    click.echo(f"learnt from: {listed or 'no test clip'}")
