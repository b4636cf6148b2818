"""Macro F1 computed from counts, which is fast enough for bootstrap and ensemble selection.

The conventions are those of scikit-learn's ``f1_score(average="macro")``: the mean is taken over
the classes that occur in ``y_true`` or ``y_pred``, and a class without a hit scores 0.
"""

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score


def macro_f1(y_true, y_pred):
    """Compute the macro F1 score, as scikit-learn's ``f1_score(average="macro")``.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
        Classes of one kind: numbers or strings.

    Returns
    -------
    float
        In [0, 1].

    See Also
    --------
    macro_f1_interval : The bootstrap interval of this score.
    score_classes : The score by class, and the confusion matrix.

    Examples
    --------
    >>> from stemstack.stacking import macro_f1
    >>> round(macro_f1(["a", "a", "b"], ["a", "b", "b"]), 3)
    0.667
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    _, codes = np.unique(np.concatenate([y_true, y_pred]), return_inverse=True)
    return float(macro_f1_of_codes(codes[: len(y_true)], codes[len(y_true) :], codes.max() + 1))


def macro_f1_of_codes(y_true, y_pred, n_classes):
    """Score many predictions of the same clips at once.

    Parameters
    ----------
    y_true : ndarray of shape (n,), int
        In ``0 … n_classes - 1``.
    y_pred : ndarray of shape (..., n), int
    n_classes : int

    Returns
    -------
    ndarray of shape (...,)
    """
    shape = y_pred.shape[:-1]
    y_pred = y_pred.reshape(-1, len(y_true))
    n_true = np.bincount(y_true, minlength=n_classes)
    # One count over pairs (prediction, class) needs one call of bincount.
    pairs = y_pred + n_classes * np.arange(len(y_pred))[:, None]
    size = len(y_pred) * n_classes
    n_predicted = np.bincount(pairs.ravel(), minlength=size).reshape(-1, n_classes)
    n_hits = np.bincount(pairs[y_pred == y_true], minlength=size).reshape(-1, n_classes)
    return macro_f1_of_counts(n_hits, n_true, n_predicted).reshape(shape)


def macro_f1_of_counts(n_hits, n_true, n_predicted):
    """Average the F1 of the classes that occur in the labels or in the predictions.

    Parameters
    ----------
    n_hits, n_true, n_predicted : ndarray of shape (..., n_classes)
        Number of clips of each class: predicted correctly, labelled so, and predicted so.

    Returns
    -------
    ndarray of shape (...,)
    """
    occurs = n_true + n_predicted > 0
    f1 = 2 * n_hits / np.maximum(n_true + n_predicted, 1)
    return f1.sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)


def score_classes(y_true, y_pred, classes):
    """Score predictions by macro F1, accuracy, F1 of each class and the confusion matrix.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n,)
    classes : sequence of str
        All classes, in the order of the confusion matrix.

    Returns
    -------
    dict
        ``macro_f1``, ``accuracy``, ``n``, ``per_class_f1`` (keyed by class, 0 for a class that does
        not occur) and ``confusion`` (one row per true class, one column per predicted class); plain
        data that JSON can hold.

    See Also
    --------
    macro_f1 : The score alone.

    Examples
    --------
    >>> from stemstack.stacking import score_classes
    >>> scores = score_classes(["a", "a", "b"], ["a", "b", "b"], ["a", "b"])
    >>> scores["confusion"], round(scores["accuracy"], 3)
    ([[1, 1], [0, 1]], 0.667)
    """
    y_true, y_pred, classes = np.asarray(y_true), np.asarray(y_pred), list(classes)
    by_class = f1_score(y_true, y_pred, labels=classes, average=None, zero_division=0)
    return {
        "macro_f1": macro_f1(y_true, y_pred),
        "accuracy": float(np.mean(y_true == y_pred)),
        "n": len(y_true),
        "per_class_f1": dict(zip(classes, map(float, by_class), strict=True)),
        "confusion": confusion_matrix(y_true, y_pred, labels=classes).tolist(),
    }
