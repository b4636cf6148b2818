"""Macro F1, the score everything here is chosen by, from counts: fast enough to be asked often.

Conventions as scikit-learn's ``f1_score(average="macro")``: the mean runs over the classes that are
in the truth or in the prediction, and a class never hit scores 0.
"""

import numpy as np


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
