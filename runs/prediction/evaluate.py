"""Comparing a run's test predictions with the answers, when someone has them."""

from ...datasets import read_csv_text
from ...exceptions import DataError
from ...stacking import score_classes
from ...stacking.metrics.intervals import macro_f1_interval
from ..costs import model_seconds
from ..predictions import predicted_labels
from ..run import STACK
from ..stored_clips import groups_of

# The name of the stack's row once all test clips were decided together.
DECODED = "decoded"


def evaluate_run(run, answers, *, decoded=None):
    """Score every model of a run, and the stack, against known answers.

    Parameters
    ----------
    run : Run
    answers : str or os.PathLike
        A CSV with an id column and a label column, named as in the submission or being its only
        two columns.
    decoded : AdjustedPredictions, optional
        The run's test as :func:`~stemstack.runs.adjust_ledger` decides it, scored as ``decoded``
        beside the stack.

    Returns
    -------
    dict of str to dict
        Scores as :func:`~stemstack.stacking.score_classes` gives them, by model.

    Raises
    ------
    DataError
        As :func:`read_test_labels`.
    """
    truth, classes = read_test_labels(run, answers), run.metrics["classes"]
    table, names = read_test(run), (*run.model_names, STACK)
    guesses = {name: predicted_labels(table, name, classes) for name in names}
    if decoded is not None:
        guesses[DECODED] = decoded.labels
    labels = [truth[i] for i in table["id"]]
    return {name: score_classes(labels, said, classes) for name, said in guesses.items()}


def read_test(run):
    """Read what the models of a run say of its test clips.

    Parameters
    ----------
    run : Run

    Returns
    -------
    DataFrame
        Column ``id``, and ``<model>__<class>`` for every model and the stack.

    Raises
    ------
    DataError
        The run predicted no test clips.
    """
    if not (run.path / "ledger" / "test.parquet").exists():
        raise DataError(f"{run.path}: the run predicted no test clips; its data has no test.csv")
    return run.read_table("ledger/test")


def read_test_labels(run, answers):
    """Read the labels of a run's test clips.

    Parameters
    ----------
    run : Run
    answers : str or os.PathLike
        As :func:`evaluate_run` takes them.

    Returns
    -------
    dict of str to str
        By id, of the clips that were predicted.

    Raises
    ------
    DataError
        The run predicted no test clips, the answers lack some of them, or hold unknown classes.
    """
    ids, truth = read_test(run)["id"], _read_answers(answers, run.header)
    unknown = sorted(set(ids) - set(truth))
    if unknown:
        raise DataError(f"{answers}: lacks {len(unknown)} of the predicted ids, first {unknown[0]}")
    truth = {i: truth[i] for i in ids}
    strange = sorted(set(truth.values()) - set(run.metrics["classes"]))
    if strange:
        raise DataError(f"{answers}: holds class {strange[0]!r}, which the run does not know")
    return truth


def _read_answers(path, header):
    """Read answers as a mapping of id to label."""
    rows = read_csv_text(path, [])
    named = set(header) <= set(rows.columns)
    if not named and len(rows.columns) != 2:
        got = ", ".join(rows.columns)
        raise DataError(f"{path}: expected columns {header[0]} and {header[1]}, or two. Got {got}.")
    ids, labels = header if named else rows.columns
    return dict(zip(rows[ids], rows[labels], strict=True))


def summarise_run(run, answers=None):
    """Sum a finished run up by model, the stack last.

    Parameters
    ----------
    run : Run
    answers : dict of str to dict, optional
        Scores against known answers, from :func:`~stemstack.runs.evaluate_run`.

    Returns
    -------
    dict of str to dict
        By model: ``macro_f1``, out of fold; ``low`` and ``high`` of its 95 % interval; ``answers``,
        the macro F1 against them, where they are given; and ``seconds`` for features and fits,
        where they are known. Plain data.

    Notes
    -----
    The intervals draw groups of clips that share songs.
    """
    table, metrics, seconds = run.read_table("ledger/oof"), run.metrics, model_seconds(run)
    groups = groups_of(run)
    truth, classes = table["label"].to_numpy(dtype=object), metrics["classes"]
    summary = {}
    for name in (*run.model_names, STACK):
        low, high = macro_f1_interval(truth, predicted_labels(table, name, classes), groups)
        summary[name] = {
            "macro_f1": metrics["out_of_fold"][name]["macro_f1"],
            "low": low,
            "high": high,
        }
        if answers is not None:
            summary[name]["answers"] = answers[name]["macro_f1"]
        if name in seconds:
            summary[name]["seconds"] = seconds[name]
    return summary
