"""Which clips of a test are sure enough to be learnt from."""

import numpy as np

from ...errors import DataError, UsageError

_BALANCE = 2


def select_sure(said, *, confidence=0.6, share=1.0):
    """Select clips on whose class all models agree, about equally many of each class.

    Parameters
    ----------
    said : array-like of shape (n_models, n, n_classes)
        Calibrated probabilities.
    confidence : float, default=0.6
        The least mean probability of the agreed class.
    share : float, default=1.0
        The most a class may give, as a share of ``n / n_classes``. It may not give more than twice
        what the scarcest class has and one, either: models that see one class everywhere shall not
        teach each other so.

    Returns
    -------
    rows : ndarray of shape (n_selected,), int
        Ascending.
    codes : ndarray of shape (n_selected,), int
        Columns of the agreed classes.

    Raises
    ------
    UsageError
        A setting is out of range.
    DataError
        The probabilities are not of that shape, or not finite.
    """
    if not 0 <= confidence <= 1 or not 0 < share <= 1:
        raise UsageError(
            f"confidence must be in [0, 1] and share in (0, 1]. Got {confidence} and {share}."
        )
    said = np.asarray(said)
    if said.ndim != 3 or not np.isfinite(said).all():
        raise DataError(
            "said must hold finite probabilities, (n_models, n, n_classes). "
            f"Got shape {said.shape} and {np.isnan(said).sum()} NaN."
        )
    _, n, n_classes = said.shape
    mean, votes = said.mean(axis=0), said.argmax(axis=2)
    codes, sure = mean.argmax(axis=1), mean.max(axis=1)
    agreed = (votes == codes).all(axis=0) & (sure >= confidence)
    scarcest = np.bincount(codes[agreed], minlength=n_classes).min()
    most = int(min(np.ceil(share * n / n_classes), _BALANCE * (scarcest + 1)))
    rows = np.concatenate(
        [_surest(np.flatnonzero(agreed & (codes == k)), sure, most) for k in range(n_classes)]
    )
    rows.sort()
    return rows, codes[rows]


def _surest(rows, sure, most):
    return rows[np.argsort(-sure[rows], kind="stable")[:most]]
