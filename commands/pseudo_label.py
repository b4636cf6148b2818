"""``pseudo-label``: train on confident predictions of the test clips."""

from pathlib import Path

import click

from ..exceptions import UsageError
from ..utils.atomic_write import atomic_path
from ._shared.grouped import option
from ._shared.options import (
    cache_option,
    jobs_option,
    json_option,
    quiet_option,
    run_noise_option,
    trust_option,
)
from ._shared.terminal import echo, print_json
from ._shared.values import MANY, FilePath, Names


@click.command("pseudo-label")
@click.argument("run", type=FilePath(path_type=Path))
@option(
    "--out",
    required=True,
    type=FilePath(path_type=Path),
    help="Run directory to create, or a .csv file for predictions only.",
)
@option("--data", help="Path or URL of RUN's data set.  [required]", show_default=False)
@run_noise_option()
@option("--models", type=Names(), help="Models of RUN; by default all but networks and heuristic.")
@option("--rounds", type=click.IntRange(1, MANY), default=3, help="Maximum number of rounds.")
@option(
    "--confidence",
    type=click.FloatRange(0, 1),
    default=0.6,
    help="Minimum calibrated probability, for every model.",
)
@json_option("Print the rounds as JSON.")
@trust_option()
@jobs_option()
@cache_option()
@quiet_option()
def pseudo_label_command(
    run, out, data, noise, models, rounds, confidence, as_json, trust, jobs, cache, quiet
):
    """Train on RUN's test clips in rounds, as long as scores on held-out songs improve.

    \b
    stemstack pseudo-label RUN --data DATA --out RUN2
    stemstack pseudo-label RUN --data DATA --out answers.csv

    Each round adds the test clips that all models predict confidently and alike, the same number
    per class. A round that does not improve the score on held-out songs is rolled back and is the
    last. RUN2 is a complete run whose models are fitted again by fold and stacked. answers.csv
    holds the mean predictions of models fitted once on all clips. Networks must be named in
    --models; they are slow.
    """
    from ..runs import Run, fit_pseudo_labels, predict_pseudo_labelled, write_pseudo_label_run
    from ._shared.outputs import write_report_and_card
    from ._shared.progress import make_resources

    if data is None:
        raise UsageError(
            "Missing option --data: the data set of the run. The one that the run names, "
            f"{Run.open(run).config.data}, is not opened unasked"
        )
    source, resources = Run.open(run, trust=trust), make_resources(cache, jobs, quiet)
    new_run = None if out.suffix == ".csv" else Run(out)
    if new_run is not None:
        new_run.check_vacant()
    options = {"models": models, "n_rounds": rounds, "confidence": confidence}
    result = fit_pseudo_labels(source, data, noise=noise, **options, resources=resources)
    if new_run is None:
        predictions = predict_pseudo_labelled(result, resources=resources)
        with atomic_path(out) as temporary:
            predictions.to_csv(temporary, index=False)
    else:
        write_pseudo_label_run(result, new_run, resources=resources)
        write_report_and_card(new_run, resources.progress)
    if as_json:
        print_json(result.to_dict())
    else:
        echo(_format(result.labels.rounds))


def _format(rounds):
    """Format the rounds, one column per round, and the reason why they ended."""
    import pandas as pd

    columns = {
        f"round {number}": {
            "verdict": one.verdict,
            "macro F1 before": f"{one.before:.3f}",
            "macro F1 after": f"{one.after:.3f}",
            "gain": f"{one.after - one.before:+.3f}",
            "50 % interval": f"{one.low:+.3f} to {one.high:+.3f}",
            "clips, mean over folds": f"{one.n_selected:.1f}",
            **{label: f"{count:.1f}" for label, count in one.by_class.items()},
        }
        for number, one in enumerate(rounds, start=1)
    }
    return f"{pd.DataFrame(columns).to_string()}\n\n{_reason(rounds)}"


def _reason(rounds):
    """Return the reason why the rounds ended."""
    last, number = rounds[-1], len(rounds)
    why = {
        "kept": "kept, and the last of --rounds",
        "rolled back": "rolled back: its gain is not positive in 3 of 4 bootstrap samples of songs",
        "refused": "refused: no clip is predicted confidently enough",
    }
    unused = "" if any(one.accepted for one in rounds) else "; no test clip was used for training"
    return f"round {number} was {why[last.verdict]}{unused}"
