"""``pseudo-label``: models that learnt from the test clips, too."""

from pathlib import Path

import click

from ..utils.atomic_write import atomic_path
from ._shared.options import (
    Names,
    cache_option,
    jobs_option,
    json_option,
    option,
    print_json,
    quiet_option,
    trust_option,
)


@click.command("pseudo-label")
@click.argument("run", type=click.Path(path_type=Path))
@option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Run directory to make, or a .csv for answers alone.",
)
@option("--models", type=Names(), default=None, help="Of RUN; all but nets and heuristic.")
@option("--rounds", type=click.IntRange(min=1), default=3, help="At most.")
@option("--confidence", type=click.FloatRange(0, 1), default=0.6, help="Calibrated, and agreed on.")
@json_option("Print the rounds as JSON.")
@trust_option()
@jobs_option()
@cache_option()
@quiet_option()
def pseudo_label_command(run, out, models, rounds, confidence, as_json, trust, jobs, cache, quiet):
    """Learn from RUN's own test clips, in rounds that held-out songs must approve.

    \b
    stemstack pseudo-label RUN --out RUN2
    stemstack pseudo-label RUN --out answers.csv

    Each round adds the test clips that all models agree on and are sure of, as many a class; one
    that does not help the songs held out is rolled back and ends it. RUN2 is a run like any other,
    of models fitted anew by fold and stacked. answers.csv has what the mean of the models says,
    each fitted once on all clips. Nets can be named, and are slow.
    """
    from ..runs import Run, fit_pseudo_labels, predict_pseudo_labelled, write_pseudo_label_run
    from ._shared.outputs import write_report_and_card
    from ._shared.progress import make_progress

    source, progress = Run.open(run, trust=trust), make_progress(quiet)
    made = None if out.suffix == ".csv" else Run(out)
    if made is not None:
        made.check_vacant()
    means = {"cache": cache, "n_jobs": jobs, "progress": progress}
    learnt = fit_pseudo_labels(
        source, models=models, n_rounds=rounds, confidence=confidence, **means
    )
    if made is None:
        with atomic_path(out) as temporary:
            predict_pseudo_labelled(learnt, progress=progress).to_csv(temporary, index=False)
    else:
        write_pseudo_label_run(learnt, made, progress=progress)
        write_report_and_card(made, progress)
    if as_json:
        print_json(learnt.to_dict())
    else:
        click.echo(_show(learnt.found.rounds))


def _show(rounds):
    """Lay rounds out as text: a column a round, a line a fact and a class; and why it ended."""
    import pandas as pd

    columns = {
        f"round {number}": {
            "verdict": one.verdict,
            "macro F1 before": f"{one.before:.3f}",
            "macro F1 after": f"{one.after:.3f}",
            "gain": f"{one.after - one.before:+.3f}",
            "half of the draws": f"{one.low:+.3f} to {one.high:+.3f}",
            "clips, mean of folds": f"{one.n_selected:.1f}",
            **{label: f"{count:.1f}" for label, count in one.by_class.items()},
        }
        for number, one in enumerate(rounds, start=1)
    }
    return f"{pd.DataFrame(columns).to_string()}\n\n{_say_why(rounds)}"


def _say_why(rounds):
    """Say why the rounds ended."""
    last, number = rounds[-1], len(rounds)
    why = {
        "kept": "kept, as many rounds as were asked for",
        "rolled back": "rolled back: its gain is not above 0 in three of four draws of songs",
        "refused": "refused: no clip is confident enough",
    }
    learnt = "" if any(one.accepted for one in rounds) else "; nothing was learnt from the test"
    return f"round {number} was {why[last.verdict]}{learnt}"
