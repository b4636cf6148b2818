"""Settings of duration and level, estimated from the test clips."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from ...audio.levels import db_to_amplitude

# A duration that this share of clips has, to the hundredth of a second, is fixed by the settings.
_COMMON = 0.05
_HUNDREDTH = 0.01
_BINS = 8
# Durations that a smaller share of mashups can have are not estimated.
_RARE = 0.02
# In dB: peaks within this range are normalised to one peak.
_SAME_LEVEL = 0.1
_FULL_SCALE_STEP = 0.01


def fit_durations(seconds, available):
    """Estimate the distribution that durations were sampled from.

    Parameters
    ----------
    seconds : array-like of shape (n_clips,)
        Durations of the clips in s.
    available : array-like of shape (n_mashups,)
        Durations in s at which the stems of mashups end.

    Returns
    -------
    tuple of (float, float, float)
        Rows of ``Settings.durations``: one for each duration that at least one clip in twenty has,
        to the hundredth of a second, and rows between quantiles of the others.

    Notes
    -----
    A clip has the sampled duration unless its stems end earlier, so
    :math:`P(sampled ≥ t) = P(observed ≥ t) / P(available ≥ t)`. Sampled durations above the longest
    available one cannot be observed, and are estimated as that one.
    """
    seconds, available = (np.round(np.asarray(x), 2) for x in (seconds, available))
    values, counts = np.unique(seconds, return_counts=True)
    fixed = values[counts >= max(2, _COMMON * len(seconds))]
    edges = _row_edges(seconds, fixed)
    observable = _survival(available, edges) > _RARE
    edges = edges[observable] if observable.any() else edges[-1:]
    sampled = _survival(seconds, edges) / np.maximum(_survival(available, edges), _RARE)
    sampled = np.minimum.accumulate(np.clip(sampled, 0, 1))
    # The shortest observed duration is the shortest sampled one.
    weights = -np.diff([1.0, *sampled[1:], 0.0])
    ends = [*(a if b - a < 1.5 * _HUNDREDTH else b for a, b in pairwise(edges)), edges[-1]]
    return tuple(
        (float(weight), float(low), float(high))
        for weight, low, high in zip(weights, edges, ends, strict=True)
        if weight > 0
    )


def fit_level(base, stats):
    """Estimate the normalisation of clips.

    Parameters
    ----------
    base : Settings
        The other settings are taken from it.
    stats : DataFrame
        Of :func:`~stemstack.domain_shift.gap.compute_clip_stats`.

    Returns
    -------
    Settings
        Normalised to one peak if the central 80 % of the peaks, or their upper half, are equal;
        otherwise to the peak or the RMS, whichever varies less, within the range of its central
        80 %, extended by a quarter.
    """
    (low, middle, high), levels = (
        np.quantile(stats[name], points)
        for name, points in (("peak_dbfs", [0.1, 0.5, 0.9]), ("rms_dbfs", [0.1, 0.9]))
    )
    if high - low <= _SAME_LEVEL or middle > -_SAME_LEVEL:
        low = high = middle
    elif np.ptp(levels) < high - low:
        return replace(base, normalize="rms", level=_extend(*levels))
    low, high = _extend(low, high)
    peak = 1.0 if high > -_FULL_SCALE_STEP else float(db_to_amplitude(high))
    return replace(base, normalize="peak", peak=peak, headroom=(0.0, high - low))


def _extend(low, high):
    """Extend a range in dB by an eighth on each side, up to full scale."""
    margin = (high - low) / 8
    return float(low - margin), float(min(high + margin, 0.0))


def _row_edges(seconds, fixed):
    """Return the edges of the rows: fixed durations, one hundredth later, quantiles of the rest."""
    rest = seconds[~np.isin(seconds, fixed)]
    bins = np.quantile(rest, np.linspace(0, 1, _BINS + 1)) if len(rest) else []
    return np.unique(np.round([*bins, *fixed, *(fixed + _HUNDREDTH)], 2))


def _survival(values, edges):
    """Return the share of values that are at least as large as each edge."""
    return np.mean(values >= edges[:, None], axis=1)
