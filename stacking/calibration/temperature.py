"""Calibration by one temperature and, optionally, one bias per class."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..check_proba import check_labelled_proba, check_proba, log_proba

# Beyond these, probabilities would be one-hot or uniform.
_MIN_TEMPERATURE, _MAX_TEMPERATURE = 0.05, 20.0


class TemperatureScaling(TransformerMixin, BaseEstimator):
    r"""Calibration that divides log-probabilities by one temperature, fitted to the log loss.

    Parameters
    ----------
    class_bias : bool, default=False
        Also learn one additive log bias per class. Without biases the order of the classes of a
        clip does not change; with biases the mean prediction equals the class frequencies, which
        the estimation of label shift needs.

    Attributes
    ----------
    temperature_ : float
        In [0.05, 20]; above 1 the model is overconfident.
    bias_ : ndarray of shape (n_classes,)

    See Also
    --------
    PredictionAdjuster : Applies it together with other adjustments.

    Notes
    -----
    :math:`q_k \propto p_k^{1/T} e^{b_k}`, minimising :math:`-\sum_i \log q_{i y_i} + \sum_k b_k^2`,
    which is convex in :math:`1/T` and :math:`b`.

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y., Weinberger, K. (2017). On calibration of modern neural networks.
    ICML. The bias: Alexandari, A., Kundaje, A., Shrikumar, A. (2020). Maximum likelihood with
    bias-corrected calibration is hard-to-beat at label shift adaptation. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.calibration import TemperatureScaling
    >>> proba = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])
    >>> calibrated = TemperatureScaling().fit(proba, [0, 0, 1, 1]).transform(proba)
    >>> calibrated[0].round(2).tolist()  # 3 of 4 predictions are right
    [0.75, 0.25]
    """

    def __init__(self, *, class_bias=False):
        self.class_bias = class_bias

    def fit(self, proba, y):
        """Fit temperature and biases.

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
        bias_bounds = (None, None) if self.class_bias else (0, 0)
        solution = minimize(
            _log_loss,
            np.concatenate([[1.0], np.zeros(len(classes))]),
            args=(log_proba(proba), np.eye(len(classes))[codes]),
            jac=True,
            method="L-BFGS-B",
            bounds=[(1 / _MAX_TEMPERATURE, 1 / _MIN_TEMPERATURE)] + [bias_bounds] * len(classes),
        )
        self.temperature_, self.bias_ = float(1 / solution.x[0]), solution.x[1:]
        return self

    def transform(self, proba):
        """Calibrate probabilities, as an array of shape (n, n_classes)."""
        check_is_fitted(self, "temperature_")
        proba = check_proba(proba, len(self.bias_))
        return softmax(log_proba(proba) / self.temperature_ + self.bias_, axis=1)


def _log_loss(parameters, logs, one_hot):
    """Return the penalised log loss of (1 / T, biases), and its gradient."""
    inverse_temperature, bias = parameters[0], parameters[1:]
    scaled = log_softmax(inverse_temperature * logs + bias, axis=1)
    error = np.exp(scaled) - one_hot
    gradient = np.concatenate([[(error * logs).sum()], error.sum(axis=0) + 2 * bias])
    return bias @ bias - (scaled * one_hot).sum(), gradient
