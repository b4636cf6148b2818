"""Self-training: a model of a run is fitted on test clips too, with its own pseudo-labels."""

import json

import numpy as np

from ...exceptions import DataError
from ...stacking import pseudo_label
from ...stacking.pseudo_labels import PseudoLabels, Round
from ...utils.atomic_write import write_text
from ..run_files import damaged, read_json
from ..training_clips import song_groups


def label_test_clips(run, name, model, training, test, *, key, resources):
    """Label test clips by a model, in rounds that must improve its score on held-out songs.

    Labels that the run has under the same key are read.

    Parameters
    ----------
    run : Run
    name : str
        Column of the model.
    model : estimator
        Not changed.
    training : TrainingClips
    test : ClipList
    key : str
        Content key of everything that determines the labels.
    resources : Resources

    Returns
    -------
    PseudoLabels
    """
    path = run.ledger.self_training_path(name, key)
    found = None
    if path.exists():
        try:
            found = _read(path, training, test)
        except DataError as error:
            problem, _, _ = str(error).partition("; ")
            resources.progress.log(f"{problem}; the test clips are labelled again")
    if found is None:
        with resources.progress.stage(f"self-training {name}"):
            found = pseudo_label(
                *([(name, model)], training.clips, training.y, training.table["fold"], test.clips),
                groups=training_groups(training),
                n_jobs=resources.n_jobs,
            )
        _write(path, found)
    for number, one in enumerate(found.rounds, 1):
        resources.progress.log(f"self-training of {name}, round {number} {one}")
    return found


def training_groups(training):
    """Return the songs of the training clips, by which the rounds are judged.

    Parameters
    ----------
    training : TrainingClips

    Returns
    -------
    ndarray of shape (n_clips,)
    """
    return song_groups(training.folds, training.recipes)


def with_pseudo_labels(clips, y, test_clips, selected):
    """Return training clips and labels, followed by test clips and their pseudo-labels.

    Parameters
    ----------
    clips : list of clips
    y : ndarray of shape (n_clips,), or (n_clips, n_labels) if no clip is selected
    test_clips : sequence of clips
    selected : pair of ndarray of shape (n_selected,)
        Positions of test clips, and labels.

    Returns
    -------
    clips : list of clips
    y : ndarray of shape (n_clips + n_selected,)
    """
    rows, labels = selected
    if not len(rows):
        return clips, y
    return [*clips, *(test_clips[row] for row in rows)], np.append(y, labels)


def self_training_summary(found):
    """Return the rounds and the mean number of clips, as in a run's ``metrics.json``.

    Parameters
    ----------
    found : PseudoLabels

    Returns
    -------
    dict
    """
    n_clips = float(np.mean([len(rows) for rows, _ in found.by_fold]))
    return {"n_clips": n_clips, "rounds": [one.to_dict() for one in found.rounds]}


def _write(path, found):
    """Write pseudo-labels by position of the test clip: a key is of contents and their order."""
    pairs = [found.by_fold, [(found.rows, found.labels)]]
    by_fold, of_all = ([[rows.tolist(), list(labels)] for rows, labels in part] for part in pairs)
    rounds = [vars(one) for one in found.rounds]
    document = {"by_fold": by_fold, "of_all": of_all[0], "rounds": rounds}
    for other in path.parent.glob("self-training-*.json"):
        other.unlink(missing_ok=True)
    write_text(path, json.dumps(document) + "\n")


def _read(path, training, test):
    document, n_folds = read_json(path), training.table["fold"].nunique()
    limits = len(test.clips), set(training.target.classes)
    try:
        by_fold = tuple(_read_labels(pair, *limits) for pair in document["by_fold"])
        if len(by_fold) != n_folds:
            raise ValueError(f"{len(by_fold)} folds instead of {n_folds}")
        rounds = tuple(Round(**one) for one in document["rounds"])
        for one in rounds:
            one.to_dict()
        return PseudoLabels(*_read_labels(document["of_all"], *limits), rounds, by_fold)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise damaged(path, error) from error


def _read_labels(pair, n_clips, classes):
    rows, labels = (
        np.array(part, dtype=kind) for part, kind in zip(pair, (int, object), strict=True)
    )
    if len(rows) != len(labels) or not ((rows >= 0) & (rows < n_clips)).all():
        raise ValueError("its clips are not those of the test")
    if not set(labels) <= classes:
        raise ValueError("its labels are not classes of the run")
    return rows, labels
