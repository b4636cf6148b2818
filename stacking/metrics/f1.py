"""Macro F1, the score everything here is chosen by, from counts: fast enough to be asked often.

Conventions as scikit-learn's ``f1_score(average="macro")``: the mean runs over the classes that are
in the truth or in the prediction, and a class never hit scores 0.
"""

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score


def macro_f1(y, predicted):
    """Score predicted classes, as scikit-learn's ``f1_score(average="macro")``.

    Parameters
    ----------
    y, predicted : array-like of shape (n,)
        Classes of one kind: numbers or strings.

    Returns
    -------
    float
        In [0, 1].
    """
    y, predicted = np.asarray(y), np.asarray(predicted)
    _, codes = np.unique(np.concatenate([y, predicted]), return_inverse=True)
    return float(macro_f1_of_codes(codes[: len(y)], codes[len(y) :], codes.max() + 1))


def macro_f1_of_codes(y, predicted, n_classes):
    """Score predictions of one truth, many at once.

    Parameters
    ----------
    y : ndarray of shape (n,), int
        In ``0 … n_classes - 1``.
    predicted : ndarray of shape (..., n), int
    n_classes : int

    Returns
    -------
    ndarray of shape (...,)
    """
    shape = predicted.shape[:-1]
    predicted = predicted.reshape(-1, len(y))
    n_true = np.bincount(y, minlength=n_classes)
    # One count over pairs (prediction, class), for one call of bincount.
    pairs = predicted + n_classes * np.arange(len(predicted))[:, None]
    size = len(predicted) * n_classes
    n_said = np.bincount(pairs.ravel(), minlength=size).reshape(-1, n_classes)
    n_hit = np.bincount(pairs[predicted == y], minlength=size).reshape(-1, n_classes)
    return macro_f1_of_counts(n_hit, n_true, n_said).reshape(shape)


def macro_f1_of_counts(n_hit, n_true, n_said):
    """Average the F1 of the classes seen on either side.

    Parameters
    ----------
    n_hit, n_true, n_said : ndarray of shape (..., n_classes), int
        Clips of each class said rightly, there, and said at all.

    Returns
    -------
    ndarray of shape (...,)
    """
    seen = n_true + n_said > 0
    f1 = 2 * n_hit / np.maximum(n_true + n_said, 1)
    return f1.sum(axis=-1) / np.maximum(seen.sum(axis=-1), 1)


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
