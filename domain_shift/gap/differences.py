"""What tells two sets of clips apart, in words and units a person understands."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import rankdata

from ...audio.levels import amplitude_to_db
from ...utils.formatting import format_number
from .scores import permute_sides


@dataclass(frozen=True)
class InterpretableFeature:
    """A feature that means something by itself.

    Attributes
    ----------
    name, column : str
        What it is called, and the feature it is.
    unit : str
        Of the difference; ``"×"`` for a ratio.
    more, less : str
        What a set with more or less of it is, ``{}`` standing for the difference.
    scale : {"linear", "amplitude", "percent", "ratio"}
        How values are turned into the unit: as they are, as 20 log10, times 100; a ratio is
        compared by division.
    """

    name: str
    column: str
    unit: str
    more: str
    less: str
    scale: str = "linear"

    def convert(self, values):
        """Turn values of the column into the unit shown."""
        values = np.asarray(values, dtype=np.float64)
        if self.scale == "amplitude":
            return amplitude_to_db(np.maximum(values, 1e-6))
        return 100 * values if self.scale == "percent" else values

    def compare(self, a, b):
        """Give how much more B has than A: a difference, or a ratio."""
        if self.scale != "ratio":
            return b - a
        return b / a if a > 0 else float("inf") if b > 0 else 1.0


READINGS = (
    InterpretableFeature("length", "duration", "s", "{} longer", "{} shorter"),
    InterpretableFeature("level", "rms_dbfs", "dB", "louder by {}", "quieter by {}"),
    InterpretableFeature(
        "peak level", "peak_dbfs", "dB", "higher in peak by {}", "lower in peak by {}"
    ),
    InterpretableFeature(
        "samples at full scale",
        "full_scale_share",
        "%",
        "more often at full scale, by {} of the samples",
        "less often at full scale, by {} of the samples",
        "percent",
    ),
    InterpretableFeature(
        "quietest moment",
        "rms_min",
        "dB",
        "louder in its quietest moment by {}",
        "quieter in its quietest moment by {}",
        "amplitude",
    ),
    InterpretableFeature(
        "loudness range",
        "loudness_range",
        "LU",
        "less even in loudness: range {} wider",
        "more even in loudness: range {} narrower",
    ),
    InterpretableFeature(
        "peak over loudness",
        "peak_to_loudness",
        "LU",
        "less dense: peaks {} further over the loudness",
        "denser: peaks {} less over the loudness",
    ),
    InterpretableFeature(
        "energy under 100 Hz",
        "octaves_0_mean",
        "dB",
        "{} stronger under 100 Hz",
        "{} weaker under 100 Hz",
    ),
    InterpretableFeature(
        "energy 400 to 800 Hz",
        "octaves_3_mean",
        "dB",
        "{} stronger between 400 and 800 Hz",
        "{} weaker between 400 and 800 Hz",
    ),
    InterpretableFeature(
        "energy 1.6 to 3.2 kHz",
        "octaves_5_mean",
        "dB",
        "{} stronger between 1.6 and 3.2 kHz",
        "{} weaker between 1.6 and 3.2 kHz",
    ),
    InterpretableFeature(
        "energy over 6.4 kHz",
        "octaves_7_mean",
        "dB",
        "{} stronger over 6.4 kHz",
        "{} weaker over 6.4 kHz",
    ),
    InterpretableFeature(
        "brightness",
        "centroid_median",
        "Hz",
        "brighter: spectral centroid {} higher",
        "darker: spectral centroid {} lower",
    ),
    InterpretableFeature(
        "noisiness",
        "flatness_median",
        "×",
        "noisier: spectral flatness {}",
        "less noisy: spectral flatness {}",
        "ratio",
    ),
    InterpretableFeature(
        "spectral contrast",
        "contrast_3_mean",
        "dB",
        "clearer: spectral peaks {} further over the valleys",
        "more masked: spectral peaks {} less over the valleys",
    ),
    InterpretableFeature("tempo", "tempo", "BPM", "faster by {}", "slower by {}"),
    InterpretableFeature(
        "attacks",
        "onset_strength_mean",
        "×",
        "stronger in attacks: {}",
        "softer in attacks: {}",
        "ratio",
    ),
)


@dataclass(frozen=True)
class Difference:
    """How one readable feature differs between two sets.

    Attributes
    ----------
    name, column, unit : str
        Of the reading.
    a, b : float
        Medians of the two sets.
    difference : float
        How much more B has; a ratio for the unit ``"×"``.
    effect : float
        Cliff's delta, from -1 to 1: the chance that a clip of B has more than one of A, less the
        reverse.
    p_value : float
        Of an effect this large in any of the readable features, were both sets the same.
    words : str
        Such as ``"is louder by 3 dB"``, said of B.
    """

    name: str
    column: str
    unit: str
    a: float
    b: float
    difference: float
    effect: float
    p_value: float
    words: str

    def to_dict(self):
        """Give plain data, fit for JSON, which has no infinite number."""
        return {k: None if v == float("inf") else v for k, v in asdict(self).items()}


def find_differences(X, is_b, groups, *, n_permutations, rng):
    """Compare the readable features of two sets.

    Parameters
    ----------
    X : DataFrame of shape (n, n_features)
        The readings that have no column in it are left out.
    is_b : ndarray of shape (n,), bool
    groups : ndarray of shape (n,)
        Permuted whole.
    n_permutations : int
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Difference
        The largest effect first.

    References
    ----------
    Cliff, "Dominance statistics", Psychological Bulletin 1993; the p-values are those of the
    largest effect under permutation (Westfall and Young 1993), so all hold at once.
    """
    readings = [reading for reading in READINGS if reading.column in X]
    if not readings:
        return ()
    values = X[[reading.column for reading in readings]].to_numpy(np.float64)
    ranks = rankdata(values, axis=0)
    everywhere = np.zeros(len(X), dtype=int)
    drawn = permute_sides(is_b, groups, everywhere, n_permutations, rng)
    effects = _effects(ranks, is_b[:, None])[:, 0]
    largest = np.abs(_effects(ranks, drawn)).max(axis=0)
    found = []
    for reading, column, effect in zip(readings, values.T, effects, strict=True):
        at_least = np.count_nonzero(largest >= abs(effect) - 1e-12)
        p_value = (1 + at_least) / (1 + n_permutations)
        found.append(_describe(reading, column, is_b, float(effect), p_value))
    return tuple(sorted(found, key=lambda difference: -abs(difference.effect)))


def _effects(ranks, sides):
    """Cliff's delta of every feature, for every labelling: (n_features, n_labellings)."""
    n_b = sides.sum(axis=0)
    n_a = len(sides) - n_b
    wins = ranks.T @ sides - n_b * (n_b + 1) / 2
    return 2 * wins / (n_a * n_b) - 1


def _describe(reading, values, is_b, effect, p_value):
    shown = reading.convert(values)
    a, b = float(np.median(shown[~is_b])), float(np.median(shown[is_b]))
    difference = float(reading.compare(a, b))
    return Difference(
        reading.name,
        reading.column,
        reading.unit,
        a,
        b,
        difference,
        effect,
        p_value,
        _word(reading, difference, effect),
    )


def _word(reading, difference, effect):
    """Say the difference; only its direction where the medians do not show it."""
    same = 1.0 if reading.scale == "ratio" else 0.0
    form = reading.more if effect > 0 else reading.less
    amount = format_number(difference if reading.scale == "ratio" else abs(difference))
    if (difference - same) * effect <= 0 or amount == format_number(same):
        return f"has {'more' if effect > 0 else 'less'} {reading.name}, though not at the median"
    measured = f"×{amount}" if reading.scale == "ratio" else f"{amount} {reading.unit}"
    return "is " + form.format(measured)
