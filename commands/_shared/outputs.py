"""Outputs of commands that make a run: report, model card, score table, skipped clips."""

from rich import box
from rich.table import Table

from ...exceptions import DataError, MissingExtraError
from .progress import plain

# Columns of the scores that a run need not have.
_COLUMNS = {
    "expected": "expected on test",
    "leaderboard": "measured",
    "answers": "answers",
    "seconds": "seconds",
}


def write_report_and_card(run, progress, answers=None):
    """Write the model card and the report of a run, and show its scores.

    Parameters
    ----------
    run : Run
    progress : NullProgress
        Shows the scores as a table.
    answers : Path, optional
        CSV of the labels of the test clips.

    Returns
    -------
    dict of str to dict
        Scores by model, from :func:`~stemstack.runs.prediction.evaluate.summarise_run`.
    """
    from ...reports.report import write_model_card, write_report
    from ...runs import evaluate_run, expect_run, summarise_run

    with progress.stage("report and model card"):
        write_model_card(run)
        try:
            path = write_report(run, answers=answers)
        except MissingExtraError as missing:
            progress.log(f"report.html was not written: {missing}")
        else:
            progress.log(f"report: {path}")
    summary = summarise_run(run, answers and evaluate_run(run, answers))
    progress.log(scores_panel(summary))
    if note := expect_run(run)[1]:
        progress.log(note)
    return summary


def scores_panel(summary):
    """Format a summary of a run as a table.

    Parameters
    ----------
    summary : dict of str to dict

    Returns
    -------
    rich.table.Table
    """
    rows = list(summary.values())
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("model", overflow="fold", min_width=9)
    table.add_column("macro F1 out of fold", justify="right")
    columns = [name for name in _COLUMNS if any(name in row for row in rows)]
    for name in columns:
        table.add_column(_COLUMNS[name], justify="right")
    for model, row in summary.items():
        score = f"{row['macro_f1']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        table.add_row(plain(model), score, *(_cell(row, name) for name in columns))
    return table


def _cell(row, name):
    if name not in row:
        return ""
    if name == "expected":
        low, high = row["expected_low"], row["expected_high"]
        return f"{row['expected']:.2f} ({low:.2f} to {high:.2f})"
    return f"{row[name]:.1f}" if name == "seconds" else f"{row[name]:.3f}"


def report_skipped_clips(problems, outcome):
    """Raise an error that lists skipped clips, if there are any; the last step of a command.

    Parameters
    ----------
    problems : sequence of str
        One message per clip, with its file and what is wrong with it.
    outcome : str
        What happened to them, such as ``"clips were left out"``.

    Raises
    ------
    DataError
        If there are problems; the exit code is 1.
    """
    if problems:
        raise DataError(f"{len(problems)} {outcome}:", problems)
