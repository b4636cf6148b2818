"""From probabilities to answers: calibrate, correct for label shift, offset for macro F1."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ...exceptions import DataError, UsageError
from ..check_proba import check_labelled_proba, check_proba
from .priors import adjust_priors, estimate_priors, shift_p_value
from .temperature import TemperatureScaling
from .thresholds import ClassThresholds


@dataclass(frozen=True)
class AdjustedPredictions:
    """What a whole test was decoded to.

    Attributes
    ----------
    labels : ndarray of shape (n,)
    proba : ndarray of shape (n, n_classes)
        Calibrated, and corrected where the labels are shifted; before offsets, which only decide.
    priors : ndarray of shape (n_classes,)
        Class frequencies taken: the estimate, or training's where no shift was sure.
    p_value : float
        Of decisions so different from those out of fold, were the labels not shifted.
    shifted : bool
    """

    labels: np.ndarray
    proba: np.ndarray
    priors: np.ndarray
    p_value: float
    shifted: bool

    def describe(self):
        """Say in a line whether class frequencies were corrected."""
        if not self.shifted:
            return f"decoding: classes are as frequent as in training (p = {self.p_value:.2g})"
        return f"decoding: class frequencies unlike training's (p = {self.p_value:.2g}), corrected"


class PredictionAdjuster(BaseEstimator):
    """Decode probabilities for macro F1, by what holds out of sample and nothing else.

    One temperature calibrates. A test whose decisions differ significantly from those out of fold
    is corrected for its class frequencies. Class offsets are applied if they gained, nested, and
    the labels are not shifted: they are learnt for training's class frequencies.

    Parameters
    ----------
    level : float, default=0.01
        The largest p-value at which a test counts as label-shifted; 0 corrects none.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    known_ : ndarray of shape (n, n_classes)
        The out-of-fold probabilities, whose decisions a test's are compared with.
    priors_ : ndarray of shape (n_classes,)
        Class frequencies in training.
    temperature_ : TemperatureScaling
    bias_corrected_ : TemperatureScaling
        With class biases; what frequencies are estimated from.
    offsets_ : ClassThresholds

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(3, size=300)
    >>> proba = 0.5 * rng.dirichlet([1, 1, 1], size=300) + 0.5 * np.eye(3)[y]
    >>> decoder = PredictionAdjuster().fit(proba, y, folds=np.arange(300) % 5)
    >>> decoder.decode(proba).shifted, decoder.decode(proba[y != 0]).shifted
    (False, True)
    """

    def __init__(self, *, level=0.01):
        self.level = level

    def fit(self, proba, y, folds, groups=None):
        """Learn from out-of-fold predictions.

        Parameters
        ----------
        proba : array-like of shape (n, n_classes)
            Of the stack, nested; or of a model, out of fold. Classes sorted.
        y : array-like of shape (n,)
        folds : array-like of shape (n,), int
        groups : array-like of shape (n,), optional
            Songs, drawn as wholes when offsets are judged.

        Returns
        -------
        self

        Raises
        ------
        DataError
            The table does not fit the labels, or there is one fold only.
        UsageError
            ``level`` is no probability.
        """
        if not 0 <= self.level <= 1:
            raise UsageError(f"level must be a probability, in [0, 1]. Got {self.level!r}.")
        self.known_, codes, self.classes_ = check_labelled_proba(proba, y)
        self.priors_ = np.bincount(codes) / len(codes)
        self.temperature_ = TemperatureScaling().fit(proba, y)
        self.bias_corrected_ = TemperatureScaling(class_bias=True).fit(proba, y)
        self.offsets_ = ClassThresholds().fit(self.temperature_.transform(proba), y, folds, groups)
        return self

    def decode(self, proba):
        """Decode all clips of a test together: their number tells how they are shifted.

        Parameters
        ----------
        proba : array-like of shape (n, n_classes)

        Returns
        -------
        AdjustedPredictions

        Raises
        ------
        DataError
            There is no clip, another number of columns than there are classes, or a value that is
            not finite.
        """
        check_is_fitted(self, "offsets_")
        proba = check_proba(proba, len(self.classes_))
        if not len(proba):
            raise DataError("There is no clip to decode; give a row a clip")
        p_value = shift_p_value(self.known_, proba)
        calibrated, shifted = self.temperature_.transform(proba), p_value <= self.level
        if not shifted:
            best = self.offsets_.transform(calibrated).argmax(axis=1)
            return AdjustedPredictions(
                self.classes_[best], calibrated, self.priors_, p_value, False
            )
        priors = estimate_priors(self.bias_corrected_.transform(proba), self.priors_)
        adjusted = adjust_priors(calibrated, self.priors_, priors)
        best = adjusted.argmax(axis=1)
        return AdjustedPredictions(self.classes_[best], adjusted, priors, p_value, True)
