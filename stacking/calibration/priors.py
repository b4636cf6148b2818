"""Label shift: how often each class comes in the test, read off unlabelled predictions.

Only label shift: the clips of one class must be like those of that class in training. Clips that
are themselves different (noise, another generator) also move the predictions, which nothing here
can tell from more clips of a class; close that gap first.
"""

import numpy as np
from scipy.stats import chi2_contingency

from ...exceptions import DataError, UsageError
from ..check_proba import check_proba

_TOLERANCE = 1e-8
_MAX_ROUNDS = 1000


def estimate_priors(proba, train_priors, *, caution=0.25):
    r"""Estimate the class frequencies of a test by expectation maximisation.

    Parameters
    ----------
    proba : array-like of shape (n, n_classes)
        Predictions of the unlabelled clips, calibrated for training's class frequencies.
    train_priors : array-like of shape (n_classes,)
        Above 0; scaled to sum 1.
    caution : float, default=0.25
        Imagined clips distributed as in training, for each clip of the test. 0 gives the maximum
        of the likelihood, whose error falls on the rare classes, which macro F1 counts fully.

    Returns
    -------
    ndarray of shape (n_classes,)
        Sums to 1.

    Raises
    ------
    DataError
        The priors do not fit the table, or are not above 0; there is no clip, or a value is not
        finite.
    UsageError
        ``caution`` is below 0.

    Notes
    -----
    Each round sets :math:`q_k \leftarrow (\bar w_k + c p_k) / (1 + c)`, with :math:`\bar w_k` the
    mean over clips of :math:`w_{ik} \propto (q_k / p_k) P(k \mid x_i)`. It climbs a concave
    function, so there is one answer.

    References
    ----------
    Saerens, M., Latinne, P., Decaestecker, C. (2002). Adjusting the outputs of a classifier to new
    a priori probabilities: a simple procedure. Neural Computation 14, 21–41. The caution is ours:
    the mode under a Dirichlet prior around training's frequencies.
    """
    if caution < 0:
        raise UsageError(f"caution must be 0 or more. Got {caution!r}.")
    train = _check_priors(proba, train_priors)
    if not len(proba):
        raise DataError("There is no clip to estimate class frequencies from; give a row a clip")
    priors = train
    for _ in range(_MAX_ROUNDS):
        said = adjust_priors(proba, train, priors).mean(axis=0)
        new = (said + caution * train) / (1 + caution)
        if np.abs(new - priors).max() < _TOLERANCE:
            break
        priors = new
    return new


def adjust_priors(proba, train_priors, priors):
    """Rewrite predictions for other class frequencies.

    Parameters
    ----------
    proba : array-like of shape (n, n_classes)
        For training's class frequencies.
    train_priors, priors : array-like of shape (n_classes,)
        Before, above 0, and after.

    Returns
    -------
    ndarray of shape (n, n_classes)

    Raises
    ------
    DataError
        The priors do not fit the table, or leave a clip no class; or a value is not finite.
    """
    train, priors = _check_priors(proba, train_priors), np.asarray(priors, dtype=float)
    if priors.shape != train.shape or not (priors >= 0).all():
        raise DataError(f"priors must be {len(train)} numbers, none below 0. Got {priors}.")
    weighted = check_proba(proba, len(train)) * (priors / train)
    total = weighted.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise DataError(
            f"Row {(total <= 0).argmax()} is possible only for classes whose frequency is 0; give "
            "every class one above 0"
        )
    return weighted / total


def shift_p_value(known, test):
    """Tell how likely the test's decisions would be so different, were its labels not shifted.

    A likelihood-ratio test of the number of clips decided for each class, out of fold and in the
    test. Counts need no calibration: a class said too often is said too often on both sides.

    Parameters
    ----------
    known, test : array-like of shape (n, n_classes), (m, n_classes)
        Predictions out of fold and of the test.

    Returns
    -------
    float
        Too small where the test holds many clips of few songs, for clips are taken as independent.

    Raises
    ------
    DataError
        One of them has no clip, or other columns; or a value is not finite.
    """
    test = check_proba(test, np.shape(known)[1])
    if not len(known) or not len(test):
        raise DataError("There is no clip to compare; give a row a clip, on both sides")
    counts = np.stack([_count_decisions(known), _count_decisions(test)])
    counts = counts[:, counts.any(axis=0)]
    return float(chi2_contingency(counts, lambda_="log-likelihood").pvalue)


def _count_decisions(proba):
    return np.bincount(np.argmax(proba, axis=1), minlength=np.shape(proba)[1])


def _check_priors(proba, train_priors):
    train = np.asarray(train_priors, dtype=float)
    if train.shape != np.shape(proba)[1:] or not (train > 0).all():
        raise DataError(
            f"train_priors must be {np.shape(proba)[1]} numbers above 0, one a class. Got {train}."
        )
    return train / train.sum()
