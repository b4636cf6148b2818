"""What models say of clips whose truth is known."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..runs.predictions import model_proba
from ..runs.run import SONG_SHARED, STACK, Run
from ..runs.stored_clips import groups_of
from ..stacking.metrics.f1 import score_classes


@dataclass(frozen=True, eq=False)
class Evaluation:
    """One set of clips and what every model of a run says of them.

    Attributes
    ----------
    name : str
        Such as ``out of fold``.
    classes : list of str
        Sorted.
    truth : ndarray of shape (n,)
    groups : ndarray of shape (n,)
        Clips of one group are not independent.
    said : dict of str to ndarray of shape (n, n_classes)
        Probabilities by model, the stack last.
    """

    name: str
    classes: list
    truth: np.ndarray
    groups: np.ndarray
    said: dict

    @cached_property
    def guesses(self):
        """The most probable class of each clip, by model."""
        classes = np.asarray(self.classes, dtype=object)
        return {model: classes[values.argmax(axis=1)] for model, values in self.said.items()}

    @cached_property
    def scores(self):
        """Scores as :func:`~stemstack.stacking.score_classes` gives them, by model."""
        return {
            model: score_classes(self.truth, guess, self.classes)
            for model, guess in self.guesses.items()
        }

    @property
    def stack(self):
        """The name of the stack."""
        return list(self.said)[-1]

    @property
    def models(self):
        """The names of the models that are stacked."""
        return list(self.said)[:-1]


OPTIMISTIC = "song-shared (optimistic)"


def collect_evaluations(run, truth=None):
    """Gather the sides of a run, the one to trust first.

    Parameters
    ----------
    run : Run
    truth : dict of str to str, optional
        From :func:`~stemstack.runs.prediction.evaluate.read_test_labels`.

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
    said = {model: model_proba(table, model, classes) for model in (*run.model_names, STACK)}
    return Evaluation(name, classes, truth, groups, said)
