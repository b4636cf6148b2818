"""``predict``: classify clips with a finished run."""

from pathlib import Path

import click
from click.core import ParameterSource

from ..exceptions import DataError, UsageError
from ..utils.atomic_write import atomic_path
from ..utils.formatting import spreadsheet_safe as make_spreadsheet_safe
from ._shared.grouped import option
from ._shared.options import (
    WINDOW_FORMATS,
    cache_option,
    jobs_option,
    quiet_option,
    trust_option,
    window_options,
)
from ._shared.outputs import report_skipped_clips
from ._shared.terminal import echo_data
from ._shared.values import MANY, FilePath


@click.command("predict")
@click.argument("run", type=FilePath(path_type=Path))
@click.argument("paths", nargs=-1, type=FilePath())
@option("--data", type=FilePath(), help="Data set, or its URL, whose test.csv is predicted.")
@option("--out", type=FilePath(path_type=Path), help="CSV to write; stdout by default.")
@option("--proba", is_flag=True, help="Add one column of probabilities per class.")
@option("--decode", is_flag=True, help="Adjust predictions to the class frequencies of the test.")
@option("--tta", type=click.IntRange(1, MANY), help="Test-time crops per clip (networks).")
@window_options(training=False)
@option(
    "--windows",
    type=click.Choice(WINDOW_FORMATS),
    help="Write one row per window instead of per clip: as CSV, labels of Audacity, or selections "
    "of Raven.",
)
@option(
    "--spreadsheet-safe",
    is_flag=True,
    help="Write ' before names that a spreadsheet would compute as formulas.",
)
@trust_option()
@jobs_option()
@cache_option()
@quiet_option()
def predict_command(
    run,
    paths,
    data,
    out,
    proba,
    decode,
    tta,
    window,
    hop,
    windows,
    spreadsheet_safe,
    trust,
    jobs,
    cache,
    quiet,
):
    """Predict PATHS (files, folders or URLs), or the test clips of --data, with RUN.

    \b
    stemstack predict RUN song.wav
    stemstack predict RUN song.wav more_songs/ --out answers.csv --proba
    stemstack predict RUN concert.flac --windows csv
    stemstack predict RUN --out answers.csv -- -odd-name.wav

    Writes one row per clip, in the given order. A clip that cannot be read is left out and named on
    stderr, and the exit code is 1. --decode is for a whole test set: it calibrates probabilities,
    corrects for class frequencies that differ from the training set, and adjusts class thresholds,
    each only if that improves the out-of-fold score.

    A clip that is longer than those that the run was trained on is cut into windows, and its
    probabilities are their geometric mean; a run on whole clips, and one on mashups, does so only
    with --window SECONDS. --windows writes the predictions of the windows themselves, with start
    and end in s. Recordings of hours need little memory; MP3 and M4A, which are decoded from the
    beginning for each window, take long.

    Ids are written exactly as they are, as a submission needs them. Add --spreadsheet-safe to open
    the predictions of files that are not your own in a spreadsheet.
    """
    source = click.get_current_context().get_parameter_source("data")
    if paths and source is ParameterSource.ENVIRONMENT:
        data = None  # The command line comes first.
    if bool(paths) == (data is not None):
        raise UsageError("Give either PATHS or --data DATA to predict, and not both")
    if windows and decode:
        raise UsageError("--decode adjusts predictions of clips, not of windows; use one of them")
    from ..datasets import read_data
    from ..runs import ClipList, Run
    from ..runs.prediction.windows import clip_lengths
    from ._shared.progress import make_resources

    run, resources = Run.open(run, trust=trust), make_resources(cache, jobs, quiet)
    lengths = clip_lengths(run, window, by_window=windows is not None)
    if hop is not None and lengths is None:
        raise UsageError("--hop is of windows, and no clip is cut into any; add --window SECONDS")
    if paths:
        clips = ClipList.from_paths(paths, resources=resources)
    else:
        reading = run.config.reading
        if Path(data).is_dir():
            # The labels of folders are not used, nor separated.
            reading["label_separator"] = None
        dataset = read_data(data, **reading, cache=cache, progress=resources.progress)
        clips = ClipList.from_test_table(dataset)
        if not clips.ids:
            raise DataError(
                f"{data}: there is no test.csv with clips to predict; add it, or give PATHS"
            )
    clips = clips.usable(any_length=lengths is not None, resources=resources).cut(lengths, hop)
    if clips.ids and windows:
        _write(_predict_windows(run, clips, windows, spreadsheet_safe, tta, resources), out)
    elif clips.ids:
        labels, probabilities = _predict(run, clips, decode, tta, resources)
        table = clips.to_table(labels, probabilities if proba else None)
        if spreadsheet_safe:
            table = make_spreadsheet_safe(table)
        _write(table.to_csv(index=False), out)
    report_skipped_clips(clips.problems, "clips were left out")


def _write(text, out):
    if out is None:
        echo_data(text, nl=False)
        return
    with atomic_path(out) as temporary:
        # Names of files may be no Unicode; the text has the newlines of the system already.
        temporary.write_bytes(text.encode(errors="surrogateescape"))


def _predict_windows(run, clips, format, spreadsheet_safe, tta, resources):
    """Return the predictions of the windows as text in a format."""
    from ..runs import predict_run
    from ..runs.prediction.windows import FORMATS, WindowTable, check_format

    check_format(format, clips)
    labels, probabilities = predict_run(run, clips.clips, tta=tta, resources=resources)
    separator = run.target.separator
    table = WindowTable.from_predictions(clips, labels, probabilities, separator)
    return FORMATS[format](table.map(make_spreadsheet_safe) if spreadsheet_safe else table)


def _predict(run, clips, decode, tta, resources):
    """Return labels and probabilities of clips, adjusted on all clips together if ``decode``."""
    from ..runs import adjust_test, predict_run
    from ..runs.prediction.predict import stack_labels

    labels, probabilities = predict_run(run, clips.clips, tta=tta, resources=resources)
    if any(clips.windows):
        probabilities = clips.average(probabilities, run.target.is_multilabel)
        labels = stack_labels(run, probabilities)
    if not decode:
        return labels, probabilities
    with resources.progress.stage("decoding"):
        adjusted = adjust_test(run, probabilities.to_numpy())
    resources.progress.log(adjusted.describe())
    probabilities[:] = adjusted.proba
    return adjusted.labels, probabilities
