"""Comparing a run's test predictions with the answers, when someone has them."""

from ..audio import read_csv_text
from ..errors import DataError
from ..reports import score_classes
from ..stacking import decide, name_columns
from .first_level import METHOD
from .run import STACK


def evaluate_run(run, answers):
    """Score every model of a run, and the stack, against known answers.

    Parameters
    ----------
    run : Run
    answers : str or os.PathLike
        A CSV with an id column and a label column, named as in the submission or being its only
        two columns.

    Returns
    -------
    dict of str to dict
        Scores as :func:`~stemstack.reports.score_classes` gives them, by model.

    Raises
    ------
    DataError
        As :func:`read_truth`.
    """
    truth, classes = read_truth(run, answers), run.metrics["classes"]
    table, scores = run.read_table("ledger/test"), {}
    labels = [truth[i] for i in table["id"]]
    for name in (*run.model_names, STACK):
        values = table[name_columns(name, classes, len(classes))].to_numpy()
        scores[name] = score_classes(labels, decide(values, classes, METHOD), classes)
    return scores


def read_truth(run, answers):
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
    path = run.path / "ledger" / "test.parquet"
    if not path.exists():
        raise DataError(f"{run.path}: the run predicted no test clips; its data has no test.csv")
    ids, truth = run.read_table("ledger/test")["id"], _read_answers(answers)
    unknown = sorted(set(ids) - set(truth))
    if unknown:
        raise DataError(f"{answers}: lacks {len(unknown)} of the predicted ids, first {unknown[0]}")
    truth = {i: truth[i] for i in ids}
    strange = sorted(set(truth.values()) - set(run.metrics["classes"]))
    if strange:
        raise DataError(f"{answers}: holds class {strange[0]!r}, which the run does not know")
    return truth


def _read_answers(path):
    """Read answers as a mapping of id to label."""
    rows = read_csv_text(path, [])
    if len(rows.columns) < 2:
        raise DataError(f"{path}: expected columns id and label. Got {', '.join(rows.columns)}.")
    return dict(zip(rows.iloc[:, 0], rows.iloc[:, 1], strict=True))
