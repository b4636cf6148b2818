"""Scores of predicted classes."""

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score


def score_classes(truth, guess, classes):
    """Score predictions by macro F1, by class and in full.

    Parameters
    ----------
    truth, guess : array-like of shape (n,)
    classes : sequence of str
        All classes, in the order of the tables.

    Returns
    -------
    dict
        ``macro_f1``, ``accuracy``, ``n``, ``per_class_f1`` (by class) and ``confusion`` (rows are
        the truth, columns the guess); plain data, fit for JSON.

    References
    ----------
    ``sklearn.metrics.f1_score`` with ``average="macro"``; a class never guessed scores 0.
    """
    truth, guess, classes = np.asarray(truth), np.asarray(guess), list(classes)
    by_class = f1_score(truth, guess, labels=classes, average=None, zero_division=0)
    return {
        "macro_f1": float(np.mean(by_class)),
        "accuracy": float(np.mean(truth == guess)),
        "n": len(truth),
        "per_class_f1": dict(zip(classes, map(float, by_class), strict=True)),
        "confusion": confusion_matrix(truth, guess, labels=classes).tolist(),
    }
