"""Generators: settings that make one kind of mashup each, sampled from a wide prior.

A generator is narrow: each effect on the sum is on or off, and has one strength; so have the
number of noise clips and their level. What is drawn for each stem stays a distribution. A mixture
of many generators is a distribution of recipes, and can have any shape.
"""

from dataclasses import replace

import pandas as pd

from ...mashups import Settings
from ...mashups.wide import make_wide_mixture

# Of a generator on or off, and of one value.
_SWITCHES = (
    "noise_probability",
    "tilt_probability",
    "compression_probability",
    "reverb_probability",
    "lowpass_probability",
    "codec_probability",
)
_RANGES = (
    "noise_count",
    "noise_gain",
    "noise_snr",
    "tilt",
    "compression",
    "compression_threshold",
    "reverb",
    "reverb_level",
    "lowpass",
    "overdrive",
    "codec_quality",
)
# Settings that are passed on together when two generators are crossed. What is not here is the same
# in all generators: stems, sample rate, and the durations and level that test clips show.
_GROUPS = (
    ("tempo", "anchor", "rate_range", "octave_safe", "tempo_confidence"),
    ("one_song_probability",),
    ("stem_dropout",),
    ("gain_probability", "gain_law", "gain", "gain_db"),
    (
        *("noise_probability", "noise_count", "noise_law", "noise_gain", "noise_snr"),
        "noise_snr_level",
        *("noise_placement", "noise_band_probability", "noise_band", "noise_band_octaves"),
    ),
    ("tilt_probability", "tilt"),
    ("part_tilt_probability", "part_tilt"),
    ("compression_probability", "compression", "compression_threshold"),
    ("reverb_probability", "reverb", "reverb_level", "reverb_folder"),
    ("lowpass_probability", "lowpass"),
    ("overdrive",),
    ("codec_probability", "codecs", "codec_quality"),
)
_NAMES = tuple(name for group in _GROUPS for name in group)
# One generator in so many is one of the start, and one the record-holder's.
_GIVEN_EVERY = 8


def sample_generators(start, n, rng):
    """Sample narrow generators from the wide prior, and a few of given ones.

    Parameters
    ----------
    start : Settings
        Durations, level, stems and sample rate are taken from it. One generator in eight is one of
        its components, and one the record-holder's.
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    list of Settings
        Without mixtures.
    """
    base = replace(start, mixture=())
    wide = make_wide_mixture(n, seed=int(rng.integers(2**31)))
    generators = []
    for number, values in enumerate(wide):
        if number % _GIVEN_EVERY == 0:
            values = _values(start.sample_component(rng))
        elif number % _GIVEN_EVERY == 1:
            values = _values(Settings())
        generators.append(narrow(replace(base, **values), rng))
    return generators


def narrow(generator, rng):
    """Switch each effect of a generator on or off by its probability, and fix its strength.

    Parameters
    ----------
    generator : Settings
        Without a mixture.
    rng : numpy.random.Generator

    Returns
    -------
    Settings
    """
    changes = {}
    for group in _GROUPS:
        switch = next((name for name in group if name in _SWITCHES), None)
        is_on = switch is None or rng.random() < getattr(generator, switch)
        for name in group:
            changes[name] = getattr(generator if is_on else Settings, name)
            if is_on and name in _RANGES:
                changes[name] = _fix(changes[name], rng)
        if switch is not None:
            changes[switch] = float(is_on)
    return replace(generator, **changes)


def _fix(pair, rng):
    """Replace a range by one of its values, whole if its ends are."""
    low, high = pair
    is_whole = isinstance(low, int) and isinstance(high, int)
    value = int(rng.integers(low, high + 1)) if is_whole else float(rng.uniform(low, high))
    return (value, value)


def cross(generators, n, rng):
    """Make generators that have each group of settings from one of two random others.

    Parameters
    ----------
    generators : sequence of Settings
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    list of Settings
    """
    children = []
    for pair in rng.integers(len(generators), size=(n, 2)):
        first, second = (generators[i] for i in pair)
        names = [name for group in _GROUPS if rng.random() < 0.5 for name in group]
        children.append(replace(first, **{name: getattr(second, name) for name in names}))
    return children


def to_mixture(base, generators):
    """Return settings that mix generators with equal weights.

    Parameters
    ----------
    base : Settings
        Without a mixture; alternatives name what differs from it.
    generators : sequence of Settings

    Returns
    -------
    Settings
    """
    common = _values(base)
    rows = [
        {name: value for name, value in _values(generator).items() if value != common[name]}
        for generator in generators
    ]
    return replace(base, mixture=tuple(rows))


def encode(generators):
    """Encode generators as numbers: names as 0 and 1, and NaN for the strengths of what is off.

    Parameters
    ----------
    generators : sequence of Settings

    Returns
    -------
    DataFrame of shape (n_generators, n_columns), float64
    """
    return pd.get_dummies(pd.DataFrame(map(_encode, generators)), dtype=float).astype(float)


def _encode(generator):
    row = {}
    for group in _GROUPS:
        is_on = all(getattr(generator, name) > 0 for name in group if name in _SWITCHES)
        for name in group:
            value = getattr(generator, name) if is_on or name in _SWITCHES else None
            parts = value if isinstance(value, tuple) else (value,)
            row |= {f"{name}_{number}": part for number, part in enumerate(parts)}
    return row


def _values(generator):
    return {name: getattr(generator, name) for name in _NAMES}
