"""Calibration: how sure a model is, corrected by one temperature and, if asked, a bias a class."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..check_proba import check_labelled_proba, check_proba, log_proba

# Sharper or flatter than this would be a single class, or no decision at all.
_RANGE = 0.05, 20.0


class TemperatureScaling(TransformerMixin, BaseEstimator):
    r"""Divide log-probabilities by one temperature, chosen for the log loss.

    Parameters
    ----------
    class_bias : bool, default=False
        Learn a log bias a class too. Without, the order of classes is kept, so that no decision
        changes; with, the mean prediction equals the class frequencies, as estimating label shift
        needs.

    Attributes
    ----------
    temperature_ : float
        In [0.05, 20]; above 1 the model claimed too much.
    bias_ : ndarray of shape (n_classes,)

    Notes
    -----
    :math:`q_k \propto p_k^{1/T} e^{b_k}`, minimising :math:`-\sum_i \log q_{i y_i} + \sum_k b_k^2`,
    which is convex in :math:`1/T` and :math:`b`.

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y., Weinberger, K. (2017). On calibration of modern neural networks.
    ICML. The bias: Alexandari, A., Kundaje, A., Shrikumar, A. (2020). Maximum likelihood with
    bias-corrected calibration is hard-to-beat at label shift adaptation. ICML.
    """

    def __init__(self, *, class_bias=False):
        self.class_bias = class_bias

    def fit(self, proba, y):
        """Choose temperature and biases.

        Parameters
        ----------
        proba : array-like of shape (n, n_classes)
            Out-of-fold probabilities, classes sorted.
        y : array-like of shape (n,)

        Returns
        -------
        self

        Raises
        ------
        DataError
            The table does not fit the labels.
        """
        proba, codes, classes = check_labelled_proba(proba, y)
        bias_range = (None, None) if self.class_bias else (0, 0)
        found = minimize(
            _log_loss,
            np.concatenate([[1.0], np.zeros(len(classes))]),
            args=(log_proba(proba), np.eye(len(classes))[codes]),
            jac=True,
            method="L-BFGS-B",
            bounds=[(1 / _RANGE[1], 1 / _RANGE[0])] + [bias_range] * len(classes),
        )
        self.temperature_, self.bias_ = float(1 / found.x[0]), found.x[1:]
        return self

    def transform(self, proba):
        """Calibrate probabilities, as an array of shape (n, n_classes)."""
        check_is_fitted(self, "temperature_")
        proba = check_proba(proba, len(self.bias_))
        return softmax(log_proba(proba) / self.temperature_ + self.bias_, axis=1)


def _log_loss(parameters, logs, truth):
    """Penalised log loss of (1 / T, biases), and its gradient."""
    sharpness, bias = parameters[0], parameters[1:]
    scaled = log_softmax(sharpness * logs + bias, axis=1)
    error = np.exp(scaled) - truth
    gradient = np.concatenate([[(error * logs).sum()], error.sum(axis=0) + 2 * bias])
    return bias @ bias - (scaled * truth).sum(), gradient
