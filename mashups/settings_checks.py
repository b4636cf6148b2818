"""Check settings: constraints of each, and those between them.

The limits of effects and codecs hold for recipes, too.
"""

import math
from dataclasses import fields
from pathlib import PureWindowsPath

from ..exceptions import UsageError
from ..utils.constraints import (
    TRUE_OR_FALSE,
    Constraint,
    check_value,
    is_number,
    is_text,
    one_of,
    optional,
)

# Codecs, and the sample rates that each can encode.
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
CODEC_RATES = {
    "mp3": Constraint(lambda sr: sr in _MP3_RATES, f"a rate that mp3 has: {_MP3_RATES}"),
    # At higher rates libvorbis has no mode, and libsndfile ends the process.
    "ogg": Constraint(lambda sr: sr <= 192_000, "at most 192000 for ogg"),
}


# Lowest and highest value of each parameter of an effect, in settings and in recipes alike.
EFFECT_LIMITS = {
    "tilt": ((-24, 24),),
    "compression": ((1, 1000), (-120, 120)),
    "reverb": ((0, 20), (-120, 120)),
    "convolution": ((-120, 120),),
}
# Longest mashup in s, and the largest number of any other unit: more is a mistake, and would
# exhaust the memory.
LONGEST, _LARGEST = 3600, 1e6


def check_settings(settings):
    """Raise an error unless all settings meet their constraints.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    UsageError
        The message names the setting, the value and the expectation.
    """
    for name, constraint in CONSTRAINTS.items():
        _check(settings, name, constraint)
    anchors = ("random", "median", "slowest", "fastest", *settings.stems)
    _check(settings, "anchor", one_of(*anchors))
    if settings.gain_law == "db_uniform":
        above = Constraint(lambda gain: gain[0] > 0, "above 0 for gain_law: db_uniform")
        _check(settings, "gain", above)
    for codec in settings.codecs if settings.codec_probability else ():
        _check(settings, "sr", CODEC_RATES[codec])
    _check_mixture(settings)


def _check_mixture(settings):
    """Raise UsageError unless every alternative of the mixture makes allowed settings."""
    names = {field.name for field in fields(settings)} - {"stems", "sr", "mixture"}
    for number, row in enumerate(settings._alternatives, start=1):
        unknown = sorted(str(name) for name in set(row) - names - {"weight"})
        if unknown:
            raise UsageError(
                f"Alternative {number} of the setting 'mixture' sets {unknown[0]!r}; it may set "
                f"'weight' and {', '.join(sorted(names))}"
            )
    try:
        settings.components  # noqa: B018 -- each is checked when it is made
    except UsageError as error:
        raise UsageError(f"In the setting 'mixture': {error}") from error


def _check(settings, name, constraint):
    check_value(f"The setting {name!r}", getattr(settings, name), constraint)


def _are_numbers(values, count, kind=int | float):
    return (
        isinstance(values, tuple)
        and len(values) == count
        and all(is_number(v, kind) for v in values)
    )


def _are_durations(rows):
    return (
        isinstance(rows, tuple)
        and all(
            _are_numbers(row, 3) and 0 <= row[0] <= _LARGEST and 0 < row[1] <= row[2] <= LONGEST
            for row in rows
        )
        and sum(row[0] for row in rows) > 0
    )


def _are_names(names):
    return (
        isinstance(names, tuple)
        and len(names) > 0
        and all(isinstance(name, str) and name for name in names)
        and len(set(names)) == len(names)
    )


def _leads_inside(folder):
    """Return whether a text names a folder inside the data set, on any system."""
    path = PureWindowsPath(folder) if is_text(folder) else None
    return path is not None and not path.anchor and len(path.parts) > 0 and ".." not in path.parts


def _is_mixture(rows):
    if rows == "wide":
        return True
    if not isinstance(rows, tuple) or not all(isinstance(row, dict) for row in rows):
        return False
    weights = [row.get("weight", 1.0) for row in rows]
    return all(is_number(w) and w >= 0 for w in weights) and (not rows or sum(weights) > 0)


def _range(expected, low=-_LARGEST, high=_LARGEST, *, above=-math.inf, kind=int | float):
    def is_met(pair):
        return _are_numbers(pair, 2, kind) and low <= pair[0] <= pair[1] <= high and pair[0] > above

    return Constraint(is_met, expected)


_PROBABILITY = Constraint(lambda v: is_number(v) and 0 <= v <= 1, "a number in [0, 1]")
_TILT = _range("low, high in dB per octave, within ±24", *EFFECT_LIMITS["tilt"][0])
_GAINS = _range("low, high ≥ 0", 0)
_HERTZ = _range("low, high in Hz, above 0", above=0)
_RATES = _range("null, or the lowest and highest rate, above 0", above=0)

# Of each setting but the anchor, whose options depend on the stems.
CONSTRAINTS = {
    "stems": Constraint(_are_names, "at least one stem name, none twice"),
    "one_song_probability": _PROBABILITY,
    "stem_dropout": _PROBABILITY,
    "tempo": one_of("interpolate", "resample", "stretch", "wsola", "none"),
    "rate_range": Constraint(lambda v: v is None or _RATES.is_met(v), _RATES.expected),
    "octave_safe": TRUE_OR_FALSE,
    "tempo_confidence": _PROBABILITY,
    "gain_probability": _PROBABILITY,
    "gain_law": one_of("uniform", "db_uniform", "db_normal"),
    "gain": _GAINS,
    "gain_db": Constraint(
        lambda v: _are_numbers(v, 2) and abs(v[0]) <= 60 and 0 <= v[1] <= 30,
        "a mean within ±60 and a standard deviation from 0 to 30, in dB",
    ),
    "noise_probability": _PROBABILITY,
    "noise_count": _range(
        "fewest, most noise clips: whole numbers from 0 to 1000", 0, 1000, kind=int
    ),
    "noise_law": one_of("gain", "snr"),
    "noise_gain": _GAINS,
    "noise_snr": _range("low, high in dB, within ±120", -120, 120),
    "noise_snr_level": one_of("rms", "active"),
    "noise_placement": one_of("single", "tile"),
    "noise_band_probability": _PROBABILITY,
    "noise_band": Constraint(
        lambda v: _are_numbers(v, 2) and 1 <= v[0] < v[1] <= _LARGEST,
        f"low < high in Hz, from 1 to {_LARGEST:.0f}",
    ),
    "noise_band_octaves": _range("low, high in octaves, from 0.01 to 20", 0.01, 20),
    "durations": Constraint(
        _are_durations, f"rows of (weight, shortest, longest), in s above 0 and up to {LONGEST}"
    ),
    "tilt_probability": _PROBABILITY,
    "tilt": _TILT,
    "part_tilt_probability": _PROBABILITY,
    "part_tilt": _TILT,
    "compression_probability": _PROBABILITY,
    "compression": _range("low, high within 1 to 1000", *EFFECT_LIMITS["compression"][0]),
    "compression_threshold": _range(
        "low, high in dB, within ±120", *EFFECT_LIMITS["compression"][1]
    ),
    "reverb_probability": _PROBABILITY,
    "reverb": _range(
        "low, high in s, above 0 and at most 20", *EFFECT_LIMITS["reverb"][0], above=0
    ),
    "reverb_level": _range("low, high in dB, within ±120", *EFFECT_LIMITS["reverb"][1]),
    "reverb_folder": optional(Constraint(_leads_inside, "a folder inside the data set, as rooms")),
    "lowpass_probability": _PROBABILITY,
    "lowpass": _HERTZ,
    "normalize": one_of("peak", "rms", "lufs", "none"),
    "peak": Constraint(lambda v: is_number(v) and 0 < v <= 1, "a level in (0, 1]"),
    "headroom": _range("low, high in dB, from 0 to 120", 0, 120),
    "level": _range("low, high ≤ 0, in dBFS or LUFS", high=0),
    "overdrive": _range("low, high in dB, from 0 to 120", 0, 120),
    "codec_probability": _PROBABILITY,
    "codecs": Constraint(
        lambda v: _are_names(v) and set(v) <= set(CODEC_RATES), f"some of {tuple(CODEC_RATES)}"
    ),
    "codec_quality": _range("low, high in [0, 1]", 0, 1),
    "sr": Constraint(
        lambda v: is_number(v, int) and 1000 <= v <= 384000, "a rate in Hz from 1000 to 384000"
    ),
    "mixture": Constraint(
        _is_mixture,
        "wide, or a list of mappings of settings, each with a weight ≥ 0, not all of them 0",
    ),
}
