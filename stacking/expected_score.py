"""The score to expect on an unlabelled test, from predictions alone.

Out of fold, a model is scored on clips like those it was trained on. Two signals show how much
worse, or better, it does on a test:

- *confidence*: the macro F1 that the model's calibrated probabilities promise, on the test and out
  of fold (the difference of confidences of Guillory et al., 2021, for macro F1);
- *agreement*: how often the model predicts the class that the other models predict, on the test and
  out of fold (Jiang et al., 2022; Baek et al., 2022).

The models of each fold are compared one by one, because their mean is less confident than each of
them. Both are differences of log-odds, and are added to the log-odds of the out-of-fold score with
weights that were fitted to simulated shifts. ``benchmarks/expected_score.py`` makes the
simulations, writes the weights to ``expected_score.json``, and compares other signals.

References
----------
Baek, C. et al. (2022). Agreement-on-the-line: predicting the performance of neural networks under
distribution shift. NeurIPS.

Guillory, D. et al. (2021). Predicting with confidence on unseen distributions. ICCV.

Jiang, Y. et al. (2022). Assessing generalization of SGD via disagreement. ICLR.
"""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from ..exceptions import DataError
from .calibration import TemperatureScaling
from .check_proba import check_labelled_proba, check_proba
from .metrics import macro_f1

# Fewer clips show nothing: the interval would be wider than 0.25.
MIN_CLIPS = 30
_LEVEL = 0.9
_WEIGHTS = Path(__file__).with_name("expected_score.json")


@dataclass(frozen=True)
class ExpectedScore:
    """Macro F1 to expect on an unlabelled test.

    Attributes
    ----------
    macro_f1 : float
    low, high : float
        90 % interval of the score on these clips.
    in_range : bool
        Whether the simulated shifts, from which the expectation was learned, include shifts as
        large. Otherwise it is an extrapolation, and the interval is not reliable.

    See Also
    --------
    expect_scores : Returns it for several models.

    Examples
    --------
    >>> from stemstack.stacking import ExpectedScore
    >>> ExpectedScore(0.66, 0.6, 0.72, in_range=True).describe()
    '0.66 (0.60 to 0.72)'
    """

    macro_f1: float
    low: float
    high: float
    in_range: bool

    def describe(self):
        """Return the score and its interval as text."""
        return f"{self.macro_f1:.2f} ({self.low:.2f} to {self.high:.2f})"

    def to_dict(self):
        """Return plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class ShiftSignals:
    """What the predictions of one model show about a shift from training to test.

    Attributes
    ----------
    out_of_fold : float
        Log-odds of the out-of-fold macro F1.
    confidence : float
        Log-odds of the macro F1 that the calibrated probabilities promise: of the test minus out of
        fold.
    agreement : float or None
        Log-odds of the agreement with the other base models: of the test minus out of fold. None
        with fewer than two base models.
    n_test : int
        Number of test clips.
    """

    out_of_fold: float
    confidence: float
    agreement: float | None
    n_test: int


def expect_scores(oof_proba, y, test_proba, *, ensembles=(), measured=None):
    """Estimate the macro F1 of models on an unlabelled test.

    Parameters
    ----------
    oof_proba : dict of str to array-like of shape (n, n_classes)
        Out-of-fold probabilities by model; classes sorted.
    y : array-like of shape (n,)
        Labels of the training clips.
    test_proba : dict of str to array-like of shape (n_folds, m, n_classes) or (m, n_classes)
        Probabilities of the test by model: of each fold's model, whose mean predicts, or of one
        model.
    ensembles : collection of str, default=()
        Models that are made of the others, such as a stack: their agreement is with those.
    measured : dict of str to float, optional
        Macro F1 on the test where it was measured, such as on a leaderboard, by model. The
        expectations of the other models move by the share of the error that models have in common.

    Returns
    -------
    dict of str to ExpectedScore
        For the models whose score was not measured.

    Raises
    ------
    DataError
        There are fewer than 30 test clips, or the tables do not fit the labels.

    See Also
    --------
    macro_f1_interval : The interval of a score on labelled clips.

    Notes
    -----
    With residuals :math:`r_1 … r_k` of the measured scores, in log-odds, and a correlation
    :math:`\\rho` of the residuals of the models of one training and test set, the expectation moves
    by :math:`k \\rho / (1 + (k - 1) \\rho)` times their mean: the best linear prediction.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.stacking import expect_scores
    >>> y = np.arange(100) % 2
    >>> clear, vague = np.eye(2)[y] * 0.8 + 0.1, np.eye(2)[y] * 0.1 + 0.45
    >>> wrong = y * (np.arange(100) % 5 > 0)  # a fifth of one class
    >>> oof = np.where((y == wrong)[:, None], clear, 1 - clear)
    >>> same, less_confident = (
    ...     expect_scores({"lr": oof}, y, {"lr": test})["lr"].macro_f1 for test in (oof, vague)
    ... )
    >>> less_confident < same
    True
    """
    signals = shift_signals(oof_proba, y, test_proba, ensembles=ensembles)
    expected = {name: _predict(one) for name, one in signals.items()}
    measured = measured or {}
    residuals = [
        log_odds(score, signals[name].n_test) - expected[name][0]
        for name, score in measured.items()
    ]
    return {
        name: _interval(*_correct(*expected[name], residuals), is_in_range(one))
        for name, one in signals.items()
        if name not in measured
    }


def shift_signals(oof_proba, y, test_proba, *, ensembles=()):
    """Compute the signals of a shift for each of several models.

    Parameters
    ----------
    oof_proba, y, test_proba, ensembles
        As in :func:`expect_scores`.

    Returns
    -------
    dict of str to ShiftSignals

    Raises
    ------
    DataError
        As raised by :func:`expect_scores`.
    """
    calibrated = {name: _calibrate(proba, y, test_proba[name]) for name, proba in oof_proba.items()}
    predicted = {
        name: [part.argmax(axis=-1) for part in parts] for name, parts in calibrated.items()
    }
    codes, bases = np.unique(y, return_inverse=True)[1], set(oof_proba) - set(ensembles)
    signals = {}
    for name, (oof, test) in calibrated.items():
        others = sorted(bases - {name}) if len(bases) > 1 else []
        n_test = test.shape[1]
        # Single models are compared with single ones: a mean of models is less confident.
        promised = np.mean([promised_macro_f1(part) for part in test])
        confidence = log_odds(promised, n_test) - log_odds(promised_macro_f1(oof), len(oof))
        agreement = [
            log_odds(np.mean([own == predicted[other][i] for other in others]), own.shape[-1])
            for i, own in enumerate(predicted[name])
            if others
        ]
        signals[name] = ShiftSignals(
            out_of_fold=log_odds(macro_f1(codes, predicted[name][0]), len(oof)),
            confidence=confidence,
            agreement=agreement[1] - agreement[0] if others else None,
            n_test=n_test,
        )
    return signals


def _calibrate(oof, y, test):
    """Return out-of-fold and test probabilities, calibrated out of fold by one temperature.

    Those of the test have the shape (n_folds, m, n_classes): each fold's model is calibrated by
    itself, since the temperature is that of a single model.
    """
    oof, _, classes = check_labelled_proba(oof, y)
    test = np.asarray(test)
    parts = [check_proba(part, len(classes)) for part in (test if test.ndim == 3 else [test])]
    if len(parts[0]) < MIN_CLIPS:
        raise DataError(f"the test has {len(parts[0])} clips; {MIN_CLIPS} or more are needed")
    scaling = TemperatureScaling().fit(oof, y)
    return scaling.transform(oof), np.stack([scaling.transform(part) for part in parts])


def promised_macro_f1(proba):
    """Compute the macro F1 of the most probable classes if the probabilities are right.

    Parameters
    ----------
    proba : ndarray of shape (n, n_classes)

    Returns
    -------
    float

    Notes
    -----
    Expected numbers of hits and of clips of each class take the place of counts.
    """
    predicted = np.eye(proba.shape[1])[proba.argmax(axis=1)]
    hits = (predicted * proba).sum(axis=0)
    return float(np.mean(2 * hits / (predicted.sum(axis=0) + proba.sum(axis=0))))


def log_odds(share, n):
    """Return the log-odds of a share of ``n`` clips; finite where it is 0 or 1."""
    return logit((share * n + 0.5) / (n + 1))


def sampling_variance(score, n):
    """Return the approximate variance of the log-odds of a score on ``n`` clips."""
    return 1 / (n * score * (1 - score))


def is_in_range(signals):
    """Return whether the simulated shifts include signals as large."""
    ranges = _read_weights()["ranges"]
    values = {name: getattr(signals, name) for name in ranges}
    return all(
        value is None or ranges[name][0] <= value <= ranges[name][1]
        for name, value in values.items()
    )


def _predict(signals):
    """Return mean and variance of the log-odds of a score, and the correlation of residuals."""
    kind = "confidence" if signals.agreement is None else "confidence_agreement"
    weights = _read_weights()[kind]
    mean = signals.out_of_fold + weights["intercept"] + weights["confidence"] * signals.confidence
    if signals.agreement is not None:
        mean += weights["agreement"] * signals.agreement
    variance = weights["variance"] + sampling_variance(expit(mean), signals.n_test)
    return mean, variance, weights["correlation"]


def _correct(mean, variance, correlation, residuals):
    """Return mean and variance, given the residuals of other models on the same test."""
    if not residuals:
        return mean, variance
    n = len(residuals)
    share = n * correlation / (1 + (n - 1) * correlation)
    return mean + share * np.mean(residuals), variance * (1 - share * correlation)


def _interval(mean, variance, in_range):
    reach = norm.ppf((1 + _LEVEL) / 2) * np.sqrt(variance)
    low, middle, high = (float(expit(mean + sign * reach)) for sign in (-1, 0, 1))
    return ExpectedScore(middle, low, high, bool(in_range))


@lru_cache(maxsize=1)
def _read_weights():
    return json.loads(_WEIGHTS.read_text(encoding="utf-8"))
