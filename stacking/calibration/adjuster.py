"""Joint adjustment of all predictions of a test: calibration, label shift, class thresholds."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ...exceptions import DataError, UsageError
from ...utils.threads import one_blas_thread
from ..check_proba import check_labelled_proba, check_proba
from .priors import adjust_priors, estimate_priors, shift_p_value
from .temperature import TemperatureScaling
from .thresholds import ClassThresholds


@dataclass(frozen=True)
class AdjustedPredictions:
    """Predictions of a whole test after adjustment.

    Attributes
    ----------
    labels : ndarray of shape (n,)
    proba : ndarray of shape (n, n_classes)
        Calibrated, and corrected where the labels are shifted. Class thresholds are not applied:
        they only affect ``labels``.
    priors : ndarray of shape (n_classes,)
        The estimated class frequencies, or those of training where no shift was found.
    p_value : float
        Probability of predictions that differ from the out-of-fold predictions as much as these, if
        the labels were not shifted.
    shifted : bool
        Whether the test counts as label-shifted.

    See Also
    --------
    PredictionAdjuster : Makes them.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking.calibration import AdjustedPredictions
    >>> adjusted = AdjustedPredictions(np.array(["a"]), np.eye(2)[:1], np.ones(2) / 2, 0.3, False)
    >>> adjusted.describe()
    'adjustment: classes are as frequent as in training (p = 0.3)'
    """

    labels: np.ndarray
    proba: np.ndarray
    priors: np.ndarray
    p_value: float
    shifted: bool

    def describe(self):
        """Return one line on whether class frequencies were corrected."""
        if not self.shifted:
            return f"adjustment: classes are as frequent as in training (p = {self.p_value:.2g})"
        return (
            "adjustment: class frequencies differ from those in training "
            f"(p = {self.p_value:.2g}) and were corrected for"
        )


class PredictionAdjuster(BaseEstimator):
    """Adjustment of a whole test's predictions for macro F1.

    Each step is applied only where it holds out of sample. One temperature calibrates. A test whose
    predicted classes differ significantly from those out of fold is corrected for its class
    frequencies. Class thresholds are applied if their nested gain is positive and the labels are
    not shifted, since they are learnt for the class frequencies of training.

    Parameters
    ----------
    level : float, default=0.01
        The largest p-value at which a test counts as label-shifted, in [0, 1]; 0 turns the
        correction off.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    oof_proba_ : ndarray of shape (n, n_classes)
        The out-of-fold probabilities, with which those of a test are compared.
    priors_ : ndarray of shape (n_classes,)
        Class frequencies in training.
    temperature_ : TemperatureScaling
    bias_corrected_ : TemperatureScaling
        Calibration with class biases, from which class frequencies are estimated.
    thresholds_ : ClassThresholds

    See Also
    --------
    TemperatureScaling, ClassThresholds, estimate_priors : The single steps.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking import PredictionAdjuster
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(3, size=300)
    >>> proba = 0.5 * rng.dirichlet([1, 1, 1], size=300) + 0.5 * np.eye(3)[y]
    >>> adjuster = PredictionAdjuster().fit(proba, y, folds=np.arange(300) % 5)
    >>> adjuster.adjust(proba).shifted, adjuster.adjust(proba[y != 0]).shifted
    (False, True)
    """

    def __init__(self, *, level=0.01):
        self.level = level

    @one_blas_thread()
    def fit(self, proba, y, folds, groups=None):
        """Learn from out-of-fold predictions.

        Parameters
        ----------
        proba : array-like of shape (n, n_classes)
            Nested predictions of the stack, or out-of-fold predictions of a model. Classes sorted.
        y : array-like of shape (n,)
        folds : array-like of shape (n,), int
        groups : array-like of shape (n,), optional
            Songs, which the bootstrap that judges the thresholds samples as a whole.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The table does not fit the labels, or there is one fold only.
        UsageError
            ``level`` is not a probability.
        """
        if not 0 <= self.level <= 1:
            raise UsageError(f"level must be a probability, in [0, 1]. Got {self.level!r}.")
        self.oof_proba_, codes, self.classes_ = check_labelled_proba(proba, y)
        self.priors_ = np.bincount(codes) / len(codes)
        self.temperature_ = TemperatureScaling().fit(proba, y)
        self.bias_corrected_ = TemperatureScaling(class_bias=True).fit(proba, y)
        calibrated = self.temperature_.transform(proba)
        self.thresholds_ = ClassThresholds().fit(calibrated, y, folds, groups)
        return self

    @one_blas_thread()
    def adjust(self, proba):
        """Adjust all predictions of a test together, since a shift shows only in their counts.

        Parameters
        ----------
        proba : array-like of shape (n, n_classes)

        Returns
        -------
        AdjustedPredictions

        Raises
        ------
        DataError
            There is no clip, the number of columns is not that of the classes, or a value is not
            finite.
        """
        check_is_fitted(self, "thresholds_")
        proba = check_proba(proba, len(self.classes_))
        if not len(proba):
            raise DataError("There is no clip to adjust; pass one row per clip")
        p_value = shift_p_value(self.oof_proba_, proba)
        calibrated, priors = self.temperature_.transform(proba), self.priors_
        shifted = p_value <= self.level
        if shifted:
            priors = estimate_priors(self.bias_corrected_.transform(proba), self.priors_)
            calibrated = adjust_priors(calibrated, self.priors_, priors)
            best = calibrated.argmax(axis=1)
        else:
            best = self.thresholds_.transform(calibrated).argmax(axis=1)
        return AdjustedPredictions(self.classes_[best], calibrated, priors, p_value, shifted)
