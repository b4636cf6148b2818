"""Scores of a run: on its test clips with known labels, and a summary by model."""

from collections import defaultdict

import numpy as np

from ...datasets.csv_table import read_csv_lines
from ...datasets.label_sets import sort_labels, split_labels
from ...datasets.names import normalize_name
from ...exceptions import DataError
from ...stacking.metrics import macro_f1_interval
from ...utils.threads import one_blas_thread
from ..costs import model_seconds
from ..predictions import model_proba, predict_y, read_test
from ..run import STACK
from .expected import expect_run, read_leaderboard

# Name of the row of the adjusted predictions.
DECODED = "decoded"


@one_blas_thread()
def evaluate_run(run, answers, *, decoded=None):
    """Score every base model of a run, and the stack, on the test clips.

    Parameters
    ----------
    run : Run
        Finished, with test predictions.
    answers : str or os.PathLike
        CSV of the test labels, with an id and a label column that are named as in the submission or
        are its only two columns.
    decoded : AdjustedPredictions, optional
        Adjusted test predictions, scored as a row ``decoded``.

    Returns
    -------
    dict of str to dict
        By model: ``macro_f1``, ``accuracy`` and scores by class, as from
        :func:`~stemstack.stacking.score_classes`.

    Raises
    ------
    DataError
        The run has no test predictions, or the labels do not fit them.

    See Also
    --------
    summarise_run : Returns one row of scores and costs per model.
    adjust_test : Adjusts test predictions.

    Examples
    --------
    >>> from stemstack.runs import Run, evaluate_run
    >>> evaluate_run(Run.open("RUN"), "answers.csv")["stack"]["macro_f1"]  # doctest: +SKIP
    0.93
    """
    labels, target = read_test_labels(run, answers), run.target
    table = read_test(run)
    y_true = target.encode([labels[i] for i in table["id"]])
    scores = {
        name: target.score(
            y_true, predict_y(run, table, name), model_proba(table, name, target.classes)
        )
        for name in (*run.model_names, STACK)
    }
    if decoded is not None:
        scores[DECODED] = target.score(y_true, decoded.labels, decoded.proba)
    return scores


def read_test_labels(run, answers):
    """Read the labels of a run's test clips.

    Parameters
    ----------
    run : Run
    answers : str or os.PathLike
        CSV of the test labels, as for :func:`evaluate_run`.

    Returns
    -------
    dict of str to str
        By id of the predicted clips.

    Raises
    ------
    DataError
        The run has no test predictions, labels are missing, have unknown classes, or an id has two.
    """
    separator = run.config.label_separator
    ids, labels = read_test(run)["id"], _read_labels(answers, run.header, separator)
    labels = _with_written_ids(labels, ids)
    missing = sorted(set(ids) - set(labels))
    if missing:
        raise DataError(f"{answers}: lacks {len(missing)} of the predicted ids, first {missing[0]}")
    classes = {normalize_name(label): label for label in run.metrics["classes"]}
    # An empty cell is no class, but no label of several.
    empty = [""] if separator is None else []
    found = {i: split_labels(labels[i], separator) or empty for i in ids}
    unknown = sorted({name for names in found.values() for name in names} - set(classes))
    if unknown:
        expected = ", ".join(run.metrics["classes"])
        raise DataError(f"{answers}: unknown class {unknown[0]!r}; the run's are {expected}")
    join = (separator or "").join
    return {i: join(classes[name] for name in names) for i, names in found.items()}


def _read_labels(path, header, separator):
    """Read labels by id; an id may be repeated with the same label only."""
    rows = read_csv_lines(path, [], header)
    named = set(header) <= set(rows.columns)
    if not named and len(rows.columns) != 2:
        found = ", ".join(rows.columns)
        raise DataError(
            f"{path}: expected columns {header[0]} and {header[1]}, or two. Got {found}."
        )
    ids, labels = header if named else rows.columns
    cells = rows[labels].map(lambda cell: sort_labels(cell, separator))
    y_true, lines = {}, {}
    for line, i, label in zip(rows.index, rows[ids], cells, strict=True):
        if y_true.setdefault(i, label) != label:
            raise DataError(
                f"{path}: id {i} has label {y_true[i]!r} in line {lines[i]} and {label!r} in line "
                f"{line}; keep the correct line"
            )
        lines.setdefault(i, line)
    return y_true


def _with_written_ids(labels, ids):
    """Add the ids as they were written for the run where they only look the same in the answers."""
    by_name = defaultdict(set)
    for i, label in labels.items():
        by_name[normalize_name(i)].add(label)
    same = {i: by_name[normalize_name(i)] for i in ids if i not in labels}
    return labels | {i: min(found) for i, found in same.items() if len(found) == 1}


def summarise_run(run, answers=None):
    """Return scores and costs of a finished run by model, the stack last.

    Parameters
    ----------
    run : Run
    answers : dict of str to dict, optional
        Test scores from :func:`evaluate_run`.

    Returns
    -------
    dict of str to dict
        By model: the out-of-fold ``macro_f1``, with ``low`` and ``high`` of its 95 % interval;
        ``expected``, the macro F1 to expect on the test, with ``expected_low`` and
        ``expected_high`` of its 90 % interval, where it can be estimated; ``leaderboard``, the mean
        of the scores entered for it;
        ``answers``, the macro F1 on the test, if scores are passed; and ``seconds`` for features
        and fits, where recorded.

    Notes
    -----
    The intervals are from a bootstrap over groups of clips that share songs.

    See Also
    --------
    evaluate_run : Scores the test predictions.

    Examples
    --------
    >>> from stemstack.runs import Run, summarise_run
    >>> summarise_run(Run.open("RUN"))["stack"]["macro_f1"]  # doctest: +SKIP
    0.95
    """
    table, metrics, seconds = run.read_table("ledger/oof"), run.metrics, model_seconds(run)
    boards, (expected, _) = read_leaderboard(run), expect_run(run)
    groups, y_true = run.song_groups(len(table)), run.target.encode(table["label"])
    summary = {}
    for name in (*run.model_names, STACK):
        low, high = macro_f1_interval(y_true, predict_y(run, table, name), groups)
        macro_f1 = metrics["out_of_fold"][name]["macro_f1"]
        summary[name] = {"macro_f1": macro_f1, "low": low, "high": high}
        if name in expected:
            one = expected[name]
            names = ("expected", "expected_low", "expected_high")
            summary[name] |= dict(zip(names, (one.macro_f1, one.low, one.high), strict=True))
        if name in boards:
            summary[name]["leaderboard"] = float(np.mean(list(boards[name].values())))
        if answers is not None:
            summary[name]["answers"] = answers[name]["macro_f1"]
        if name in seconds:
            summary[name]["seconds"] = seconds[name]
    return summary
