"""Reuse: how many clips hold stems that are known, told from findings of known error.

A finding is a stem and how far its waveform correlates with the clip. What correlation means that
the stem is there is learnt on mashups of known recipe: each is asked twice, as it is, and as if the
songs in it were not in the library, so that nothing in it can be found and whatever is, is wrong.
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, norm

PRECISION = 0.99
# Correlations below this are all as good as none.
_LEAST = 0.01
_NEAR_BEST = 0.95
_Z = float(norm.ppf(0.975))


class Share(NamedTuple):
    """A count out of a total."""

    count: int
    total: int

    @property
    def value(self):
        """As a fraction; NaN out of none."""
        return self.count / self.total if self.total else float("nan")

    @property
    def interval(self):
        """Wilson's 95 % interval: (low, high); (0, 1) out of none."""
        if not self.total:
            return 0.0, 1.0
        low, high = binomtest(self.count, self.total).proportion_ci(method="wilson")
        return float(low), float(high)


class Known(NamedTuple):
    """A mashup of known recipe and what was found in it.

    Attributes
    ----------
    recipe : Recipe
    findings : list of Finding
        Among all stems.
    strange : list of Finding
        Among the stems of songs that are not in it.
    """

    recipe: object
    findings: list
    strange: list


@dataclass(frozen=True)
class Calibration:
    """The threshold, and what it does on mashups that it was not chosen on.

    Attributes
    ----------
    threshold : float
        A stem whose correlation is above is taken to be in the clip.
    recall : Share
        Of the mashups, those in which a stem is found.
    false_alarm : Share
        Of the mashups, those in which one is found though none of the library's is in it.
    precision : Share
        Of all findings of a mashup, with its stems in the library and without, the right ones.
    stem_precision : Share
        Of the stems named in mashups whose stems are in the library, those that are in them.
    stem_recall : dict of str to Share
        Of the stems in them, those named: ``"own speed"`` and ``"other speed"``.
    """

    threshold: float
    recall: Share
    false_alarm: Share
    precision: Share
    stem_precision: Share
    stem_recall: dict

    def to_dict(self):
        """Give plain data, fit for JSON; each share with its interval."""
        shares = asdict(self)
        for name in ("recall", "false_alarm", "precision", "stem_precision"):
            shares[name] = _share_to_dict(getattr(self, name))
        shares["stem_recall"] = {k: _share_to_dict(v) for k, v in self.stem_recall.items()}
        return shares


@dataclass(frozen=True)
class Reuse:
    """How many clips hold a stem of the library.

    Attributes
    ----------
    flagged : Share
        Clips in which a stem was found.
    rate : float or None
        That, corrected for what the check misses and for its false alarms; None where it finds as
        much without the stems as with them, and so cannot tell.
    interval : tuple of (float, float) or None
        95 % interval of ``rate``.
    """

    flagged: Share
    rate: float | None
    interval: tuple | None

    @property
    def is_reused(self):
        """Whether there is more than false alarms; None where the check cannot tell."""
        return None if self.interval is None else self.interval[0] > 0

    def to_dict(self):
        """Give plain data, fit for JSON."""
        return {
            "flagged": _share_to_dict(self.flagged),
            "rate": self.rate,
            "interval": self.interval,
            "reused": self.is_reused,
        }


def calibrate(chosen_on, measured_on, *, precision=PRECISION):
    """Choose a threshold on some known mashups, and measure what it does on others.

    Parameters
    ----------
    chosen_on, measured_on : sequence of Known
        They should share no song.
    precision : float, default=0.99
        Least precision wanted on ``chosen_on``.

    Returns
    -------
    Calibration
    """
    threshold = choose_threshold(
        [_best(known.findings) for known in chosen_on],
        [_best(known.strange) for known in chosen_on],
        precision,
    )
    n = len(measured_on)
    right = sum(_best(known.findings) > threshold for known in measured_on)
    wrong = sum(_best(known.strange) > threshold for known in measured_on)
    stem_precision, stem_recall = _measure_stems(measured_on, threshold)
    return Calibration(
        threshold=threshold,
        recall=Share(right, n),
        false_alarm=Share(wrong, n),
        precision=Share(right, right + wrong),
        stem_precision=stem_precision,
        stem_recall=stem_recall,
    )


def choose_threshold(positives, negatives, precision=PRECISION):
    """Choose a threshold that is precise, finds most, and is far from all scores.

    Parameters
    ----------
    positives, negatives : array-like of float, not empty
        Scores of what should be found and of what should not, from 0 to 1.
    precision : float, default=0.99

    Returns
    -------
    float
        Of the thresholds precise enough, and within a twentieth of the best recall among these, the
        one in the widest gap between neighbouring scores, by ratio: their geometric mean. So one
        mashup whose stems are hardly heard does not drag it down among the negatives.

    Examples
    --------
    >>> choose_threshold([0.4, 0.5], [0.05, 0.1])
    0.2
    """
    positives, negatives = (np.clip(np.sort(part), _LEAST, 1) for part in (positives, negatives))
    scores = np.unique([*positives, *negatives, _LEAST, 1.0])
    edges = np.sqrt(scores[:-1] * scores[1:])
    right = len(positives) - np.searchsorted(positives, edges)
    wrong = len(negatives) - np.searchsorted(negatives, edges)
    precise = right >= precision * (right + wrong)
    good = precise & (right >= _NEAR_BEST * right[precise].max(initial=0))
    if not good.any():
        return 1.0
    return float(edges[good][np.argmax((scores[1:] / scores[:-1])[good])])


def estimate_reuse(findings, calibration):
    """Estimate how many clips hold a stem of the library.

    Parameters
    ----------
    findings : sequence of list of Finding
        Of each clip.
    calibration : Calibration

    Returns
    -------
    Reuse
    """
    count = sum(_best(found) > calibration.threshold for found in findings)
    flagged = Share(count, len(findings))
    if calibration.recall.value <= calibration.false_alarm.value:
        return Reuse(flagged, None, None)
    return Reuse(flagged, *correct_rate(flagged, calibration.recall, calibration.false_alarm))


def correct_rate(flagged, recall, false_alarm):
    """Correct a share of flagged clips for missed ones and false alarms.

    Parameters
    ----------
    flagged, recall, false_alarm : Share
        The recall must be above the rate of false alarms.

    Returns
    -------
    rate : float
    interval : tuple of (float, float)
        95 %, with the uncertainty of all three.

    References
    ----------
    The rate: W. J. Rogan and B. Gladen, "Estimating prevalence from the results of a screening
    test", Am. J. Epidemiol. 1978. The interval: Z. Lang and J. Reiczigel, "Confidence limits for
    prevalence of disease adjusted for estimated sensitivity and specificity", Prev. Vet. Med. 2014.
    """
    power = recall.value - false_alarm.value
    rate = (flagged.value - false_alarm.value) / power
    p, n = (flagged.count + _Z**2 / 2) / (flagged.total + _Z**2), flagged.total + _Z**2
    found, n_found = (recall.count + 1) / (recall.total + 2), recall.total + 2
    false, n_false = (false_alarm.count + 1) / (false_alarm.total + 2), false_alarm.total + 2
    centre = (p - false) / (found - false)
    missing = found * (1 - found) / n_found
    strange = false * (1 - false) / n_false
    shift = 2 * _Z**2 * (centre * missing - (1 - centre) * strange)
    variance = p * (1 - p) / n + centre**2 * missing + (1 - centre) ** 2 * strange
    half = _Z * np.sqrt(variance) / (found - false)
    low, high = np.clip([centre + shift - half, centre + shift + half], 0, 1)
    return float(np.clip(rate, 0, 1)), (float(low), float(high))


def _best(findings):
    """The highest correlation; 0 where nothing was found."""
    return max((finding.correlation for finding in findings), default=0.0)


def _measure_stems(known, threshold):
    """Precision of the stems named, and recall by whether their speed was changed."""
    n_named = n_right = 0
    counts = {"own speed": [0, 0], "other speed": [0, 0]}
    for recipe, findings, _ in known:
        named = {f.path for f in findings if f.correlation > threshold}
        n_named += len(named)
        for part in recipe.stems:
            count = counts["own speed" if part.rate == 1 else "other speed"]
            count[0] += part.path in named
            count[1] += 1
            n_right += part.path in named
    return Share(n_right, n_named), {name: Share(*count) for name, count in counts.items()}


def _share_to_dict(share):
    return {
        "count": share.count,
        "total": share.total,
        "value": share.value if share.total else None,
        "interval": share.interval,
    }
