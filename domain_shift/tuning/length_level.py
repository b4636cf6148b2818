"""What needs no search: length and level, which the test clips show."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from ...audio.levels import db_to_amplitude

# A length that this share of the clips has exactly, to the hundredth of a second, is a rule.
_COMMON = 0.05
_HUNDREDTH = 0.01
_BINS = 8
# Lengths that fewer mashups could have show too little of what was drawn.
_RARE = 0.02
# In dB: peaks within this of each other were set by a rule.
_SAME_LEVEL = 0.1
_FULL_SCALE_STEP = 0.01


def fit_to_clips(base, facts, available):
    """Take length and level from clips, as :func:`fit_durations` and :func:`fit_level` do.

    Parameters
    ----------
    base : Settings
    facts : DataFrame
        Of :func:`~stemstack.domain_shift.gap.clip_stats.clip_stats`.
    available : array-like of shape (n_mashups,)
        How long mashups by ``base`` would be if nothing but their stems ended them, in s.

    Returns
    -------
    Settings
    """
    durations = fit_durations(facts["duration"], available)
    return fit_level(replace(base, durations=durations), facts)


def fit_durations(seconds, available):
    """Read off clips the law that their lengths were drawn by.

    Parameters
    ----------
    seconds : array-like of shape (n_clips,)
    available : array-like of shape (n_mashups,)
        Lengths at which the stems end.

    Returns
    -------
    tuple of (float, float, float)
        Rows for ``Settings.durations``: a row for each length that one clip in twenty has to the
        hundredth of a second, and rows between the quantiles of the others.

    Notes
    -----
    A clip is as long as was drawn, unless its stems end before, so that
    :math:`P(drawn ≥ t) = P(seen ≥ t) / P(available ≥ t)`. What is drawn beyond the longest of what
    is available cannot be seen, and is taken to be that.
    """
    seconds, available = (np.round(np.asarray(x), 2) for x in (seconds, available))
    values, counts = np.unique(seconds, return_counts=True)
    rules = values[counts >= max(2, _COMMON * len(seconds))]
    edges = _make_edges(seconds, rules)
    reached = _survival(available, edges) > _RARE
    edges = edges[reached] if reached.any() else edges[-1:]
    drawn = _survival(seconds, edges) / np.maximum(_survival(available, edges), _RARE)
    drawn = np.minimum.accumulate(np.clip(drawn, 0, 1))
    # The shortest length that was seen is the shortest that is drawn.
    weights = -np.diff([1.0, *drawn[1:], 0.0])
    ends = [*(a if b - a < 1.5 * _HUNDREDTH else b for a, b in pairwise(edges)), edges[-1]]
    return tuple(
        (float(weight), float(low), float(high))
        for weight, low, high in zip(weights, edges, ends, strict=True)
        if weight > 0
    )


def fit_level(base, facts):
    """Read normalisation off clips.

    Parameters
    ----------
    base : Settings
    facts : DataFrame
        Of :func:`~stemstack.domain_shift.gap.clip_stats.clip_stats`.

    Returns
    -------
    Settings
        Normalised by peak where nine tenths of the peaks are the same, else by RMS, whose range is
        that of the clips without the outer tenths, widened by as much.
    """
    low, middle, high = np.quantile(facts["peak_dbfs"], [0.1, 0.5, 0.9])
    if high - low <= _SAME_LEVEL or middle > -_SAME_LEVEL:
        peak = 1.0 if middle > -_FULL_SCALE_STEP else float(db_to_amplitude(middle))
        return replace(base, normalize="peak", peak=peak)
    low, high = np.quantile(facts["rms_dbfs"], [0.1, 0.9])
    margin = (high - low) / 8
    return replace(
        base, normalize="rms", level=(float(low - margin), float(min(high + margin, 0.0)))
    )


def _make_edges(seconds, rules):
    """Give the ends of the rows: each rule with the next hundredth, and quantiles of the rest."""
    rest = seconds[~np.isin(seconds, rules)]
    bins = np.quantile(rest, np.linspace(0, 1, _BINS + 1)) if len(rest) else []
    return np.unique(np.round([*bins, *rules, *(rules + _HUNDREDTH)], 2))


def _survival(values, edges):
    """Share of the values that reach each edge."""
    return np.mean(values >= edges[:, None], axis=1)
