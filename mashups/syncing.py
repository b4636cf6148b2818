"""Which rate each stem of a mashup runs at, so that all share the anchor's tempo.

A rate is how many samples of the stem pass for one of the mashup: 2 is twice as fast.
"""

import numpy as np


def draw_rates(stems, sources, settings, rng):
    """Draw the anchor, and work out every stem's rate.

    Parameters
    ----------
    stems : sequence of str
        The stems' names.
    sources : sequence of Source
        With tempo and confidence.
    settings : Settings
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_stems,), float64
        1 for stems whose tempo is unknown or too uncertain.
    """
    rates = np.ones(len(stems))
    tempi = np.array([source.tempo for source in sources])
    sure = np.array([source.confidence for source in sources]) >= settings.tempo_confidence
    beating = np.flatnonzero(np.isfinite(tempi) & sure)
    if settings.tempo == "none" or not len(beating):
        return rates
    names = [stems[i] for i in beating]
    synced = _anchor_tempo(names, tempi[beating], settings.anchor, rng) / tempi[beating]
    if settings.octave_safe:
        synced = fold_octaves(synced)
    if settings.rate_range is not None:
        synced = np.clip(synced, *settings.rate_range)
    rates[beating] = synced
    return rates


def fold_octaves(rates):
    """Bring rates as near to 1 as doubling and halving can.

    Parameters
    ----------
    rates : array-like of float, above 0

    Returns
    -------
    ndarray of float64
        Between 1/√2 and √2.

    Examples
    --------
    >>> fold_octaves([0.5, 1.0, 1.6, 4.4])
    array([1. , 1. , 0.8, 1.1])
    """
    rates = np.asarray(rates, dtype=np.float64)
    return rates * 2.0 ** -np.round(np.log2(rates))


def _anchor_tempo(stems, tempi, anchor, rng):
    rules = {"median": np.median, "slowest": np.min, "fastest": np.max}
    if anchor in rules:
        return rules[anchor](tempi)
    if anchor in stems:
        return tempi[stems.index(anchor)]
    return rng.choice(tempi)
