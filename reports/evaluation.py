"""Predictions of a run's models for labelled clips: out-of-fold and test."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..runs.predictions import model_proba
from ..runs.run import SONG_SHARED, STACK, Run
from ..stacking.metrics import score_classes

# Names of evaluations; without a comma, as they are part of column names.
OUT_OF_FOLD, TEST, OPTIMISTIC = "out of fold", "test", "song-shared (optimistic)"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Predictions of every model of a run for one set of labelled clips.

    Parameters
    ----------
    name : str
        ``"out of fold"``, ``"test"`` or ``"song-shared (optimistic)"``.
    classes : list of str
        Sorted.
    y_true : ndarray of shape (n,)
    groups : ndarray of shape (n,)
        Clips of one group are not independent.
    proba : dict of str to ndarray of shape (n, n_classes)
        Probabilities by model, the stack last.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.reports.evaluation import Evaluation
    >>> proba = {"lr": np.array([[0.9, 0.1], [0.6, 0.4]]), "stack": np.eye(2)}
    >>> evaluation = Evaluation("test", ["a", "b"], np.array(["a", "b"]), np.arange(2), proba)
    >>> evaluation.y_pred["lr"].tolist(), evaluation.scores["stack"]["macro_f1"]
    (['a', 'a'], 1.0)
    """

    name: str
    classes: list
    y_true: np.ndarray
    groups: np.ndarray
    proba: dict

    @cached_property
    def y_pred(self):
        """The most probable class of each clip, by model."""
        classes = np.asarray(self.classes, dtype=object)
        return {model: classes[proba.argmax(axis=1)] for model, proba in self.proba.items()}

    @cached_property
    def scores(self):
        """Scores from :func:`~stemstack.stacking.score_classes`, by model."""
        return {
            model: score_classes(self.y_true, y_pred, self.classes)
            for model, y_pred in self.y_pred.items()
        }

    @property
    def stack(self):
        """Name of the stack."""
        return list(self.proba)[-1]

    @property
    def models(self):
        """Names of the base models."""
        return list(self.proba)[:-1]


def collect_evaluations(run, test_labels=None):
    """Collect the evaluations of a run.

    Parameters
    ----------
    run : Run
    test_labels : dict of str to str, optional
        Labels of the test clips by id, from
        :func:`~stemstack.runs.prediction.evaluate.read_test_labels`.

    Returns
    -------
    list of Evaluation
        The most trustworthy first: out of fold; on the test if labels are given; and out of fold
        with shared songs if the run has that.
    """
    is_shared = run.config.protocol == "shared"
    evaluations = [_out_of_fold(run, OPTIMISTIC if is_shared else OUT_OF_FOLD)]
    if test_labels is not None:
        table = run.read_table("ledger/test")
        y_true = np.array([test_labels[i] for i in table["id"]], dtype=object)
        evaluations.append(_evaluation(run, TEST, table, y_true, np.arange(len(table))))
    if SONG_SHARED in run.metrics:
        evaluations.append(_out_of_fold(Run.open(run.path / SONG_SHARED), OPTIMISTIC))
    return evaluations


def _out_of_fold(run, name):
    oof = run.read_table("ledger/oof")
    return _evaluation(run, name, oof, oof["label"].to_numpy(dtype=object), run.song_groups())


def _evaluation(run, name, table, y_true, groups):
    classes = run.metrics["classes"]
    proba = {model: model_proba(table, model, classes) for model in (*run.model_names, STACK)}
    return Evaluation(name, classes, y_true, groups, proba)
