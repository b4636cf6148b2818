"""What came of a run, a line a model: scores with intervals, and time."""

from ..stacking.f1_interval import macro_f1_interval
from .costs import model_seconds
from .predictions import decided_by
from .run import STACK
from .song_groups import groups_of


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
        low, high = macro_f1_interval(truth, decided_by(table, name, classes), groups)
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
