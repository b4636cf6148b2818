"""Self-training: a model learns the test clips by its own confident labels of them."""

import json
from dataclasses import dataclass

import numpy as np

from ...stacking import pseudo_label
from ...utils.atomic_write import write_text
from ...utils.cache import read_entry
from ..run_files import check_rounds
from ..training_clips import song_groups


@dataclass(frozen=True)
class SelfTraining:
    """Pseudo-labels by which one model of a run learns the test clips.

    Attributes
    ----------
    by_fold : dict of int to dict of int to str
        For each fold, the labels by position of the test clip that the fold's model gave, without
        having seen its songs; all empty where held-out songs did not approve the first round.
    rounds : list of dict
        The rounds as plain data, as of :class:`~stemstack.stacking.pseudo_labels.Round`.
    """

    by_fold: dict
    rounds: list

    def to_dict(self):
        """Return the rounds and the mean number of clips, as in a run's ``metrics.json``."""
        n_clips = float(np.mean([len(labels) for labels in self.by_fold.values()]))
        return {"n_clips": n_clips, "rounds": self.rounds}


def train_itself(name, model, training, test, *, key, resources):
    """Label test clips by a model in rounds that held-out songs must approve.

    Parameters
    ----------
    name : str
        Column of the model.
    model : estimator
        Not changed.
    training : TrainingClips
    test : ClipList
    key : str
        Content key of the model, its training clips and the test clips.
    resources : Resources
        With a cache folder, from which the labels are read if it has them.

    Returns
    -------
    SelfTraining
    """
    path = resources.cache / "self_training" / f"{key}.json"
    result = read_entry(path, _read)
    if result is None:
        result = _label(name, model, training, test, resources)
        text = {"by_fold": result.by_fold, "rounds": result.rounds}
        write_text(path, json.dumps(text) + "\n")
    for number, one in enumerate(result.rounds, 1):
        message = f"{name} learns test clips by its own labels, round {number} {one['in_words']}"
        resources.progress.log(message)
    return result


def _label(name, model, training, test, resources):
    folds = training.table["fold"]
    with resources.progress.stage(f"self-training {name}"):
        found = pseudo_label(
            *([(name, model)], training.clips, training.y, folds, test.clips),
            groups=song_groups(training.folds, training.recipes),
            n_jobs=resources.n_jobs,
        )
    by_fold = {
        fold: dict(zip(rows.tolist(), labels.tolist(), strict=True))
        for fold, (rows, labels) in zip(np.unique(folds).tolist(), found.by_fold, strict=True)
    }
    return SelfTraining(by_fold, [one.to_dict() for one in found.rounds])


def _read(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    by_fold = {
        int(fold): {int(row): str(label) for row, label in labels.items()}
        for fold, labels in document["by_fold"].items()
    }
    check_rounds(document["rounds"])
    return SelfTraining(by_fold, document["rounds"])
