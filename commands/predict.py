"""``predict``: classify clips with a finished run."""

from pathlib import Path

import click

from ..exceptions import UsageError
from ..utils.atomic_write import atomic_path
from ._shared.options import cache_option, jobs_option, option, quiet_option, trust_option
from ._shared.outputs import report_skipped_clips


@click.command("predict")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("paths", nargs=-1, type=click.Path())
@option(
    "--data",
    type=click.Path(),
    default=None,
    help="Data set, or its URL, whose test.csv is predicted.",
)
@option("--out", required=True, type=click.Path(path_type=Path), help="CSV to write.")
@option("--proba", is_flag=True, help="Add a column of probabilities a class.")
@option("--decode", is_flag=True, help="Decide all clips together, for macro F1.")
@option("--tta", type=click.IntRange(min=1), default=None, help="Crops a clip that nets look at.")
@trust_option()
@jobs_option()
@cache_option()
@quiet_option()
def predict_command(run, paths, data, out, proba, decode, tta, trust, jobs, cache, quiet):
    """Predict PATHS (files, folders or URLs), or the test clips of --data, with RUN.

    \b
    stemstack predict RUN song.wav more_songs/ --out answers.csv --proba
    stemstack predict RUN --out answers.csv -- -odd-name.wav

    One row a clip in the order given. A clip that cannot be read is left out and named. --decode is
    for a whole test: it calibrates, corrects for class frequencies unlike training's, and offsets
    classes, each only where that holds out of fold.
    """
    if bool(paths) == (data is not None):
        raise UsageError("Give either PATHS or --data DATA to predict, and not both")
    from ..datasets import read_data
    from ..runs import Run, from_paths, from_test_table
    from ._shared.progress import make_progress

    progress = make_progress(quiet)
    fitted = Run.open(run, trust=trust)
    at = {"cache": cache, "progress": progress}
    asked = from_paths(paths, **at) if paths else from_test_table(read_data(data, **at))
    usable = asked.usable(n_jobs=jobs, progress=progress)
    if usable.ids:
        means = {"tta": tta, "cache": cache, "n_jobs": jobs, "progress": progress}
        labels, probabilities = _predict(fitted, usable, decode, means)
        with atomic_path(out) as temporary:
            answer = usable.answer(labels, probabilities if proba else None)
            answer.to_csv(temporary, index=False)
    report_skipped_clips(usable.problems, "clips were left out")


def _predict(run, usable, decode, means):
    """Predict, and decide all clips together if asked to."""
    from ..runs import adjust_test, predict_run

    labels, probabilities = predict_run(run, usable, **means)
    if not decode:
        return labels, probabilities
    with means["progress"].stage("decoding"):
        decoded = adjust_test(run, probabilities.to_numpy())
    means["progress"].log(decoded.describe())
    probabilities[:] = decoded.proba
    return decoded.labels, probabilities
