"""Label shift: class frequencies of a test, estimated from unlabelled predictions.

The assumption is that only label frequencies change: clips of one class must be like the clips of
that class in training. Clips that are different in themselves (noise, another generator) also move
the predictions, and nothing here can distinguish this from a change in frequencies. Close that gap
first.
"""

import numpy as np
from scipy.stats import chi2_contingency

from ...exceptions import DataError, UsageError
from ..check_proba import check_proba

_TOLERANCE = 1e-8
_MAX_ITERATIONS = 1000


def estimate_priors(proba, train_priors, *, prior_strength=0.25):
    r"""Estimate the class frequencies of a test by expectation maximisation.

    Parameters
    ----------
    proba : array-like of shape (n, n_classes)
        Predictions of the unlabelled clips, calibrated for the class frequencies of training.
    train_priors : array-like of shape (n_classes,)
        Above 0; scaled to sum 1.
    prior_strength : float, default=0.25
        Number of pseudo-observations distributed as in training, for each clip of the test. 0 gives
        the maximum likelihood, whose error falls on the rare classes, which macro F1 weights like
        all others.

    Returns
    -------
    ndarray of shape (n_classes,)
        With sum 1.

    Raises
    ------
    DataError
        The priors do not fit the table or are not above 0, there is no clip, or a value is not
        finite.
    UsageError
        ``prior_strength`` is below 0.

    See Also
    --------
    adjust_priors : Corrects predictions by the estimate.
    shift_p_value : Tests whether there is a shift.

    Notes
    -----
    Each iteration sets :math:`q_k \leftarrow (\bar w_k + c p_k) / (1 + c)`, with :math:`\bar w_k`
    the mean over clips of :math:`w_{ik} \propto (q_k / p_k) P(k \mid x_i)`, and :math:`c` the prior
    strength. The objective is concave, so the solution is unique. It is the mode of the posterior
    under a Dirichlet prior around the frequencies of training.

    References
    ----------
    Saerens, M., Latinne, P., Decaestecker, C. (2002). Adjusting the outputs of a classifier to new
    a priori probabilities: a simple procedure. Neural Computation 14, 21–41. The Dirichlet prior is
    an addition.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.calibration import estimate_priors
    >>> proba = np.array([[0.9, 0.1]] * 8 + [[0.1, 0.9]] * 2)
    >>> estimate_priors(proba, [0.5, 0.5], prior_strength=0).round(3).tolist()
    [0.875, 0.125]
    """
    if prior_strength < 0:
        raise UsageError(f"prior_strength must be 0 or more. Got {prior_strength!r}.")
    train = _check_priors(proba, train_priors)
    if not len(proba):
        raise DataError("There is no clip to estimate frequencies from; pass one row per clip")
    priors = train
    for _ in range(_MAX_ITERATIONS):
        mean = adjust_priors(proba, train, priors).mean(axis=0)
        new = (mean + prior_strength * train) / (1 + prior_strength)
        if np.abs(new - priors).max() < _TOLERANCE:
            break
        priors = new
    return new


def adjust_priors(proba, train_priors, priors):
    """Convert predictions to other class frequencies.

    Parameters
    ----------
    proba : array-like of shape (n, n_classes)
        For the class frequencies of training.
    train_priors, priors : array-like of shape (n_classes,)
        Class frequencies in training, above 0, and the new ones.

    Returns
    -------
    ndarray of shape (n, n_classes)

    Raises
    ------
    DataError
        The priors do not fit the table, or leave a clip without a possible class; or a value is not
        finite.

    See Also
    --------
    estimate_priors : Estimates the new frequencies.

    Examples
    --------
    >>> from stemstack.stacking.calibration import adjust_priors
    >>> adjust_priors([[0.5, 0.5]], [0.5, 0.5], [0.8, 0.2]).tolist()
    [[0.8, 0.2]]
    """
    train, priors = _check_priors(proba, train_priors), np.asarray(priors, dtype=float)
    if priors.shape != train.shape or not ((priors >= 0) & np.isfinite(priors)).all():
        raise DataError(f"priors must be {len(train)} finite numbers, none below 0. Got {priors}.")
    weighted = check_proba(proba, len(train)) * (priors / train)
    total = weighted.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        raise DataError(
            f"Row {(total <= 0).argmax()} is possible only for classes whose frequency is 0; use a "
            "frequency above 0 for every class"
        )
    return weighted / total


def shift_p_value(oof_proba, test_proba):
    """Test whether the predicted classes of a test are distributed as those out of fold.

    A likelihood-ratio test of the number of clips predicted as each class. Counts need no
    calibration: a class that is predicted too often is so on both sides.

    Parameters
    ----------
    oof_proba, test_proba : array-like of shape (n, n_classes), (m, n_classes)
        Predictions out of fold and of the test.

    Returns
    -------
    float
        Too small where the test holds many clips of few songs, because clips are treated as
        independent.

    Raises
    ------
    DataError
        One of the tables has no clip, the columns differ, or a value is not finite.

    See Also
    --------
    estimate_priors : Estimates the frequencies of a shifted test.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.calibration import shift_p_value
    >>> balanced = np.eye(2)[np.arange(100) % 2]
    >>> round(shift_p_value(balanced, balanced), 6), shift_p_value(balanced, balanced[::2]) < 1e-6
    (1.0, True)
    """
    n_classes = np.shape(oof_proba)[1]
    oof_proba, test_proba = check_proba(oof_proba, n_classes), check_proba(test_proba, n_classes)
    if not len(oof_proba) or not len(test_proba):
        raise DataError("There is no clip to compare; pass one row per clip in both tables")
    counts = np.stack([_count_predicted(oof_proba), _count_predicted(test_proba)])
    counts = counts[:, counts.any(axis=0)]
    return float(chi2_contingency(counts, lambda_="log-likelihood").pvalue)


def _count_predicted(proba):
    return np.bincount(np.argmax(proba, axis=1), minlength=np.shape(proba)[1])


def _check_priors(proba, train_priors):
    train = np.asarray(train_priors, dtype=float)
    if train.shape != np.shape(proba)[1:] or not (train > 0).all():
        raise DataError(
            f"train_priors must be {np.shape(proba)[1]} numbers above 0, one per class. "
            f"Got {train}."
        )
    return train / train.sum()
