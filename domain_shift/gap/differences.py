"""Differences between two sets of clips in features that have a meaning and a unit."""

import re
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import rankdata

from ...audio.levels import amplitude_to_db
from ...utils.formatting import format_number
from .scores import permute_labels

_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class InterpretableFeature:
    """Feature with a meaning by itself.

    Attributes
    ----------
    name : str
        As it is shown, such as ``"brightness"``.
    column : str
        The feature.
    unit : str
        Of the difference; ``"×"`` for a ratio.
    phrase : str
        Description of a set with other values, such as ``"[louder|quieter] by {}"``: the first of
        two words for higher values, the second for lower ones, and ``{}`` for the difference.
    scale : {"linear", "amplitude", "percent", "ratio"}, default="linear"
        Conversion of values to the unit: none, ``20 * log10``, times 100; ratios are compared by
        division.
    """

    name: str
    column: str
    unit: str
    phrase: str
    scale: str = "linear"

    def convert(self, values):
        """Convert values of the column to the unit."""
        values = np.asarray(values, dtype=np.float64)
        if self.scale == "amplitude":
            return amplitude_to_db(np.maximum(values, 1e-6))
        return 100 * values if self.scale == "percent" else values

    def compare(self, a, b):
        """Return by how much B exceeds A: a difference, or a ratio."""
        if self.scale != "ratio":
            return b - a
        return b / a if a > 0 else float("inf") if b > 0 else 1.0

    def describe(self, difference, effect):
        """Describe B in words; only the direction if the medians do not show it."""
        equal = 1.0 if self.scale == "ratio" else 0.0
        amount = format_number(difference if self.scale == "ratio" else abs(difference))
        if (difference - equal) * effect <= 0 or amount == format_number(equal):
            return f"has {'more' if effect > 0 else 'less'} {self.name}, though not at the median"
        with_unit = f"×{amount}" if self.scale == "ratio" else f"{amount} {self.unit}"
        phrase = re.sub(r"\[(.*?)\|(.*?)\]", r"\1" if effect > 0 else r"\2", self.phrase)
        return "is " + phrase.format(with_unit)


INTERPRETABLE_FEATURES = (
    InterpretableFeature("length", "duration", "s", "{} [longer|shorter]"),
    InterpretableFeature("level", "rms_dbfs", "dB", "[louder|quieter] by {}"),
    InterpretableFeature("peak level", "peak_dbfs", "dB", "[higher|lower] in peak by {}"),
    InterpretableFeature(
        "samples at full scale",
        "full_scale_share",
        "%",
        "[more|less] often at full scale, by {} of the samples",
        "percent",
    ),
    InterpretableFeature(
        "quietest moment",
        "rms_min",
        "dB",
        "[louder|quieter] in its quietest moment by {}",
        "amplitude",
    ),
    InterpretableFeature(
        "loudness range",
        "loudness_range",
        "LU",
        "[less|more] even in loudness: range {} [wider|narrower]",
    ),
    InterpretableFeature(
        "peak over loudness",
        "peak_to_loudness",
        "LU",
        "[less dense|denser]: peaks {} [further|less] over the loudness",
    ),
    *(
        InterpretableFeature(
            f"energy {name}", f"octaves_{octave}_mean", "dB", f"{{}} [stronger|weaker] {where}"
        )
        for octave, name, where in (
            (0, "under 100 Hz", "under 100 Hz"),
            (3, "400 to 800 Hz", "between 400 and 800 Hz"),
            (5, "1.6 to 3.2 kHz", "between 1.6 and 3.2 kHz"),
            (7, "over 6.4 kHz", "over 6.4 kHz"),
        )
    ),
    InterpretableFeature(
        "brightness",
        "centroid_median",
        "Hz",
        "[brighter|darker]: spectral centroid {} [higher|lower]",
    ),
    InterpretableFeature(
        "noisiness", "flatness_median", "×", "[noisier|less noisy]: spectral flatness {}", "ratio"
    ),
    InterpretableFeature(
        "spectral contrast",
        "contrast_3_mean",
        "dB",
        "[clearer|more masked]: spectral peaks {} [further|less] over the valleys",
    ),
    InterpretableFeature(
        "steadiness",
        "texture_level_6_mean",
        "dB",
        "[less steady|steadier]: levels of 3 to 6 kHz vary by {} [more|less] within a second",
    ),
    InterpretableFeature(
        "steadiness of the background",
        "texture_level_7_mean",
        "dB",
        "[less steady|steadier] in its background: levels over 6.4 kHz vary by {} [more|less] "
        "within a second",
    ),
    InterpretableFeature("tempo", "tempo", "BPM", "[faster|slower] by {}"),
    InterpretableFeature(
        "detuning", "detuning", "cents", "{} [further off|nearer to] concert pitch"
    ),
    InterpretableFeature(
        "attacks", "onset_strength_mean", "×", "[stronger|softer] in attacks: {}", "ratio"
    ),
    InterpretableFeature(
        "decay",
        "decay_rate",
        "dB/s",
        "[drier|more reverberant or compressed]: levels fall by {} [faster|slower] after peaks",
    ),
)


@dataclass(frozen=True)
class Difference:
    """Difference of one interpretable feature between two sets of clips, A and B.

    Attributes
    ----------
    name, column, unit : str
        As of :class:`InterpretableFeature`.
    a, b : float
        Medians of the two sets, in the unit.
    difference : float
        By how much the median of B exceeds that of A; a ratio for the unit ``"×"``.
    effect : float
        Cliff's delta, from -1 to 1: the probability that a clip of B exceeds one of A, minus the
        reverse.
    p_value : float
        Probability of an effect this large in any of the interpretable features if the sets had
        the same distribution.
    description : str
        Of B, such as ``"is louder by 3 dB"``.

    See Also
    --------
    domain_gap : Find the differences of two sets, among other results.

    Examples
    --------
    >>> from stemstack.domain_shift.gap import Difference
    >>> found = Difference("level", "rms_dbfs", "dB", -20, -17, 3, 1.0, 0.01, "is louder by 3 dB")
    >>> f"The clips are different: B {found.description}."
    'The clips are different: B is louder by 3 dB.'
    """

    name: str
    column: str
    unit: str
    a: float
    b: float
    difference: float
    effect: float
    p_value: float
    description: str

    @property
    def is_significant(self):
        """Whether the p-value is below 0.05."""
        return self.p_value < _SIGNIFICANT

    def to_dict(self):
        """Return plain data for JSON, with None for infinity."""
        return {k: None if v == float("inf") else v for k, v in asdict(self).items()}


def find_differences(X, is_b, groups, *, n_permutations, rng):
    """Compare the interpretable features of two sets of clips.

    Parameters
    ----------
    X : DataFrame of shape (n_clips, n_features)
        Interpretable features without a column in it are left out.
    is_b : ndarray of shape (n_clips,), bool
        Whether a clip is of set B.
    groups : ndarray of shape (n_clips,)
        Permutations keep groups together.
    n_permutations : int
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Difference
        By falling effect size.

    Notes
    -----
    P-values are those of the largest effect of all features under permutation, so that they hold
    jointly.

    References
    ----------
    Cliff, "Dominance statistics", Psychological Bulletin 1993. Westfall and Young,
    "Resampling-based multiple testing", Wiley 1993.
    """
    features = [feature for feature in INTERPRETABLE_FEATURES if feature.column in X]
    if not features:
        return ()
    values = X[[feature.column for feature in features]].to_numpy(np.float64)
    ranks = rankdata(values, axis=0)
    one_fold = np.zeros(len(X), dtype=int)
    permuted = permute_labels(is_b, groups, one_fold, n_permutations, rng)
    effects = _cliffs_delta(ranks, is_b[:, None])[:, 0]
    largest = np.abs(_cliffs_delta(ranks, permuted)).max(axis=0)
    found = []
    for feature, column, effect in zip(features, values.T, effects.tolist(), strict=True):
        p_value = (1 + np.count_nonzero(largest >= abs(effect) - 1e-12)) / (1 + n_permutations)
        found.append(_difference(feature, column, is_b, effect, p_value))
    return tuple(sorted(found, key=lambda difference: -abs(difference.effect)))


def _cliffs_delta(ranks, labels):
    """Return Cliff's delta of each feature for each labelling: (n_features, n_labellings)."""
    n_b = labels.sum(axis=0)
    n_a = len(labels) - n_b
    wins = ranks.T @ labels - n_b * (n_b + 1) / 2
    return 2 * wins / (n_a * n_b) - 1


def _difference(feature, values, is_b, effect, p_value):
    converted = feature.convert(values)
    a, b = float(np.median(converted[~is_b])), float(np.median(converted[is_b]))
    difference = float(feature.compare(a, b))
    return Difference(
        feature.name,
        feature.column,
        feature.unit,
        a,
        b,
        difference,
        effect,
        p_value,
        feature.describe(difference, effect),
    )
