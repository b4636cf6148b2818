"""Estimate of the share of clips that contain stems of a library, corrected for search errors.

A stem is found in a clip if its correlation with the clip is above a threshold. The threshold is
chosen on mashups of known recipes, each of which is searched twice: with all stems, and without the
songs in it, so that every stem found is wrong.
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, norm

_PRECISION = 0.99
# Correlations below this count as equal to it.
_LEAST = 0.01
_NEAR_BEST = 0.95
_Z = float(norm.ppf(0.975))


class Proportion(NamedTuple):
    """Count out of a total.

    Attributes
    ----------
    count, total : int

    See Also
    --------
    Calibration : Has the error rates of a search as proportions.

    Examples
    --------
    >>> from stemstack.domain_shift.reuse import Proportion
    >>> Proportion(5, 10).value
    0.5
    >>> low, high = Proportion(5, 10).interval
    >>> round(low, 3), round(high, 3)
    (0.237, 0.763)
    """

    count: int
    total: int

    @property
    def value(self):
        """The fraction; NaN if the total is 0."""
        return self.count / self.total if self.total else float("nan")

    @property
    def interval(self):
        """Wilson's 95 % interval, as (low, high); (0, 1) if the total is 0."""
        if not self.total:
            return 0.0, 1.0
        low, high = binomtest(self.count, self.total).proportion_ci(method="wilson")
        return float(low), float(high)

    def to_dict(self):
        """Return plain data for JSON, with the interval."""
        value = self.value if self.total else None
        return {**self._asdict(), "value": value, "interval": self.interval}


class SearchedMashup(NamedTuple):
    """Mashup of a known recipe, and the stems found in it.

    Attributes
    ----------
    recipe : Recipe
    matches : list of StemMatch
        Among all stems.
    false_matches : list of StemMatch
        Among the stems of songs that are not in the mashup.
    """

    recipe: object
    matches: list
    false_matches: list


@dataclass(frozen=True)
class Calibration:
    """Threshold of a search, and error rates on mashups that it was not chosen on.

    Attributes
    ----------
    threshold : float
        A stem with a higher correlation counts as found.
    recall : Proportion
        Of the mashups: a stem is found.
    false_alarm : Proportion
        Of the mashups: a stem is found though no stem of the mashup is searched.
    precision : Proportion
        Of all mashups with a stem found, in both searches: those with their stems searched.
    stem_precision : Proportion
        Of the stems found with all stems searched: those that are in the mashup.
    stem_recall : dict of str to Proportion
        Of the stems in the mashups: those found; for ``"own speed"`` and ``"other speed"``.

    See Also
    --------
    check_reuse : Calibrates the search and applies it to test clips.

    Examples
    --------
    >>> from stemstack.domain_shift.reuse import Calibration, Proportion
    >>> right, wrong = Proportion(95, 100), Proportion(1, 100)
    >>> calibration = Calibration(0.2, right, wrong, Proportion(95, 96), Proportion(190, 192), {})
    >>> calibration.to_dict()["recall"]["value"]
    0.95
    """

    threshold: float
    recall: Proportion
    false_alarm: Proportion
    precision: Proportion
    stem_precision: Proportion
    stem_recall: dict

    def to_dict(self):
        """Return plain data for JSON; proportions have their intervals."""
        plain = asdict(self)
        for name in ("recall", "false_alarm", "precision", "stem_precision"):
            plain[name] = getattr(self, name).to_dict()
        plain["stem_recall"] = {speed: p.to_dict() for speed, p in self.stem_recall.items()}
        return plain


@dataclass(frozen=True)
class Reuse:
    """Estimated share of clips that contain a stem of the library.

    Attributes
    ----------
    flagged : Proportion
        Clips in which a stem was found.
    rate : float or None
        The share, corrected for missed stems and false alarms; None if the recall is not above the
        rate of false alarms.
    interval : tuple of (float, float) or None
        95 % interval of ``rate``.

    See Also
    --------
    check_reuse : Estimates it for the test clips of a data set.

    Examples
    --------
    >>> from stemstack.domain_shift.reuse import Proportion, Reuse
    >>> Reuse(Proportion(30, 100), rate=0.31, interval=(0.22, 0.42)).is_reused
    True
    """

    flagged: Proportion
    rate: float | None
    interval: tuple | None

    @property
    def is_reused(self):
        """Whether the interval is above 0; None if the rate is."""
        return None if self.interval is None else self.interval[0] > 0

    def to_dict(self):
        """Return plain data for JSON."""
        return {
            "flagged": self.flagged.to_dict(),
            "rate": self.rate,
            "interval": self.interval,
            "reused": self.is_reused,
        }


def calibrate(chosen_on, measured_on, *, precision=_PRECISION):
    """Choose a threshold on some mashups, and measure error rates on others.

    Parameters
    ----------
    chosen_on, measured_on : sequence of SearchedMashup
        Without common songs.
    precision : float, default=0.99
        Least precision on ``chosen_on``.

    Returns
    -------
    Calibration
    """
    threshold = choose_threshold(
        [_best(mashup.matches) for mashup in chosen_on],
        [_best(mashup.false_matches) for mashup in chosen_on],
        precision,
    )
    n = len(measured_on)
    right = sum(_best(mashup.matches) > threshold for mashup in measured_on)
    wrong = sum(_best(mashup.false_matches) > threshold for mashup in measured_on)
    stem_precision, stem_recall = _stem_rates(measured_on, threshold)
    return Calibration(
        threshold=threshold,
        recall=Proportion(right, n),
        false_alarm=Proportion(wrong, n),
        precision=Proportion(right, right + wrong),
        stem_precision=stem_precision,
        stem_recall=stem_recall,
    )


def choose_threshold(positives, negatives, precision=_PRECISION):
    """Choose a threshold with high precision and recall and a large margin.

    Parameters
    ----------
    positives, negatives : array-like of float, not empty
        Scores of true and of false matches, from 0 to 1.
    precision : float, default=0.99

    Returns
    -------
    float
        Of the thresholds with at least this precision and at least 95 % of the best recall among
        these, the geometric mean of the two neighbouring scores whose ratio is the largest. So one
        mashup with almost inaudible stems does not move the threshold close to the negatives.

    Examples
    --------
    >>> from stemstack.domain_shift.reuse.estimate import choose_threshold
    >>> choose_threshold([0.4, 0.5], [0.05, 0.1])
    0.2
    """
    positives, negatives = (np.clip(np.sort(part), _LEAST, 1) for part in (positives, negatives))
    scores = np.unique([*positives, *negatives, _LEAST, 1.0])
    thresholds = np.sqrt(scores[:-1] * scores[1:])
    right = len(positives) - np.searchsorted(positives, thresholds)
    wrong = len(negatives) - np.searchsorted(negatives, thresholds)
    is_precise = right >= precision * (right + wrong)
    is_good = is_precise & (right >= _NEAR_BEST * right[is_precise].max(initial=0))
    if not is_good.any():
        return 1.0
    return float(thresholds[is_good][np.argmax((scores[1:] / scores[:-1])[is_good])])


def estimate_reuse(matches, calibration):
    """Estimate the share of clips that contain a stem of the library.

    Parameters
    ----------
    matches : sequence of list of StemMatch
        Of each clip.
    calibration : Calibration

    Returns
    -------
    Reuse
    """
    count = sum(_best(found) > calibration.threshold for found in matches)
    flagged = Proportion(count, len(matches))
    if calibration.recall.value <= calibration.false_alarm.value:
        return Reuse(flagged, None, None)
    return Reuse(flagged, *correct_rate(flagged, calibration.recall, calibration.false_alarm))


def correct_rate(flagged, recall, false_alarm):
    """Correct the share of flagged clips for missed ones and false alarms.

    Parameters
    ----------
    flagged, recall, false_alarm : Proportion
        The recall must be above the rate of false alarms.

    Returns
    -------
    rate : float
    interval : tuple of (float, float)
        95 %, including the uncertainty of all three proportions.

    References
    ----------
    The rate: W. J. Rogan and B. Gladen, "Estimating prevalence from the results of a screening
    test", Am. J. Epidemiol. 1978. The interval: Z. Lang and J. Reiczigel, "Confidence limits for
    prevalence of disease adjusted for estimated sensitivity and specificity", Prev. Vet. Med. 2014.
    """
    power = recall.value - false_alarm.value
    rate = (flagged.value - false_alarm.value) / power
    p, n = (flagged.count + _Z**2 / 2) / (flagged.total + _Z**2), flagged.total + _Z**2
    hit, n_hit = (recall.count + 1) / (recall.total + 2), recall.total + 2
    alarm, n_alarm = (false_alarm.count + 1) / (false_alarm.total + 2), false_alarm.total + 2
    centre = (p - alarm) / (hit - alarm)
    hit_variance = hit * (1 - hit) / n_hit
    alarm_variance = alarm * (1 - alarm) / n_alarm
    shift = 2 * _Z**2 * (centre * hit_variance - (1 - centre) * alarm_variance)
    variance = p * (1 - p) / n + centre**2 * hit_variance + (1 - centre) ** 2 * alarm_variance
    half = _Z * np.sqrt(variance) / (hit - alarm)
    low, high = np.clip([centre + shift - half, centre + shift + half], 0, 1)
    return float(np.clip(rate, 0, 1)), (float(low), float(high))


def _best(matches):
    """Return the highest correlation; 0 if there is no match."""
    return max((match.correlation for match in matches), default=0.0)


def _stem_rates(mashups, threshold):
    """Return the precision of the stems found, and their recall by speed."""
    n_found = n_right = 0
    counts = {"own speed": [0, 0], "other speed": [0, 0]}
    for recipe, matches, _ in mashups:
        found = {match.path for match in matches if match.correlation > threshold}
        n_found += len(found)
        for part in recipe.stems:
            count = counts["own speed" if part.rate == 1 else "other speed"]
            count[0] += part.path in found
            count[1] += 1
            n_right += part.path in found
    recall = {speed: Proportion(*count) for speed, count in counts.items()}
    return Proportion(n_right, n_found), recall
