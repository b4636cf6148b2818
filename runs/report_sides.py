"""What a run's models say of clips whose truth is known, gathered for the report."""

import numpy as np

from ..reports.sides import Side
from .predictions import said_by
from .run import SONG_SHARED, STACK, Run
from .song_groups import groups_of

OPTIMISTIC = "song-shared (optimistic)"


def gather_sides(run, truth=None):
    """Gather the sides of a run, the one to trust first.

    Parameters
    ----------
    run : Run
    truth : dict of str to str, optional
        From :func:`~stemstack.runs.answers.read_truth`.

    Returns
    -------
    list of Side
        Out of fold; the answers, if given; and song-shared, if there.
    """
    first = _out_of_fold(run, OPTIMISTIC if run.config.protocol == "shared" else "out of fold")
    sides = [first]
    if truth is not None:
        sides.append(_answers(run, truth))
    if SONG_SHARED in run.metrics:
        sides.append(_out_of_fold(Run.open(run.path / SONG_SHARED), OPTIMISTIC))
    return sides


def _out_of_fold(run, name):
    oof = run.read_table("ledger/oof")
    return _side(run, name, oof, oof["label"].to_numpy(dtype=object), groups_of(run))


def _answers(run, truth):
    table = run.read_table("ledger/test")
    labels = np.array([truth[i] for i in table["id"]], dtype=object)
    return _side(run, "answers", table, labels, np.arange(len(table)))


def _side(run, name, table, truth, groups):
    classes = run.metrics["classes"]
    said = {model: said_by(table, model, classes) for model in (*run.model_names, STACK)}
    return Side(name, classes, truth, groups, said)
