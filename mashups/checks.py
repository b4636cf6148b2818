"""What each setting may be, as data that words its own complaint."""

import math
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError

TEMPO_MODES = ("interpolate", "resample", "stretch", "none")
ANCHORS = ("random", "median", "slowest", "fastest")
GAIN_LAWS = ("uniform", "db_uniform", "db_normal")
NOISE_LAWS = ("gain", "snr")
PLACEMENTS = ("single", "tile")
NORMALIZATIONS = ("peak", "rms", "lufs", "none")
# libsndfile's names, and the rates it can encode each at; None for any.
CODEC_RATES = {
    "mp3": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    "ogg": None,
}


@dataclass(frozen=True)
class Rule:
    """A test of one value, and what a value that fails was expected to be."""

    holds: Any
    expected: str


def check_settings(settings):
    """Hold every setting against its rule, then those that concern each other.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    UsageError
        A value is not what was expected; the message names the setting, the value and the mend.
    """
    for name, rule in RULES.items():
        _check(rule.holds(getattr(settings, name)), name, getattr(settings, name), rule.expected)
    anchors = (*ANCHORS, *settings.stems)
    _check(settings.anchor in anchors, "anchor", settings.anchor, f"one of {anchors}")
    if settings.gain_law == "db_uniform":
        _check(settings.gain[0] > 0, "gain", settings.gain, "above 0 for gain_law: db_uniform")
    for codec in settings.codecs if settings.codec_probability else ():
        rates = CODEC_RATES[codec]
        _check(rates is None or settings.sr in rates, "sr", settings.sr, f"{codec}'s: {rates}")


def _check(ok, name, got, expected):
    if not ok:
        raise UsageError(f"The setting {name!r} must be {expected}. Got {got!r} instead.")


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_chance(value):
    return _is_number(value) and 0 <= value <= 1


def _are_numbers(values, count):
    return isinstance(values, tuple) and len(values) == count and all(map(_is_number, values))


def _is_range(pair, least=-math.inf, most=math.inf):
    return _are_numbers(pair, 2) and least <= pair[0] <= pair[1] <= most


def _is_positive_range(pair):
    return _is_range(pair) and pair[0] > 0


def _is_count_range(pair):
    return _is_range(pair, 0) and all(isinstance(number, int) for number in pair)


def _are_durations(rows):
    return (
        isinstance(rows, tuple)
        and len(rows) > 0
        and all(_are_numbers(row, 3) and row[0] >= 0 and 0 < row[1] <= row[2] for row in rows)
        and sum(row[0] for row in rows) > 0
    )


def _are_names(names):
    return (
        isinstance(names, tuple)
        and len(names) > 0
        and all(isinstance(name, str) and name for name in names)
        and len(set(names)) == len(names)
    )


def _one_of(choices):
    return Rule(lambda value: isinstance(value, str) and value in choices, f"one of {choices}")


_CHANCE = Rule(_is_chance, "a chance in [0, 1]")
_GAINS = Rule(lambda pair: _is_range(pair, 0), "low, high ≥ 0")
_DECIBELS = Rule(_is_range, "low, high in dB")
_HERTZ = Rule(_is_positive_range, "low, high in Hz, above 0")

RULES = {
    "stems": Rule(_are_names, "at least one stem name, none twice"),
    "stem_dropout": _CHANCE,
    "tempo": _one_of(TEMPO_MODES),
    "rate_range": Rule(
        lambda pair: pair is None or _is_positive_range(pair),
        "null, or the lowest and highest rate, above 0",
    ),
    "octave_safe": Rule(lambda value: isinstance(value, bool), "true or false"),
    "tempo_confidence": _CHANCE,
    "one_song_probability": _CHANCE,
    "gain_probability": _CHANCE,
    "gain_law": _one_of(GAIN_LAWS),
    "gain": _GAINS,
    "gain_db": Rule(
        lambda pair: _are_numbers(pair, 2) and pair[1] >= 0, "a mean and a deviation ≥ 0, in dB"
    ),
    "noise_probability": _CHANCE,
    "noise_count": Rule(_is_count_range, "fewest, most noise clips: whole numbers ≥ 0"),
    "noise_law": _one_of(NOISE_LAWS),
    "noise_gain": _GAINS,
    "noise_snr": _DECIBELS,
    "noise_placement": _one_of(PLACEMENTS),
    "noise_band_probability": _CHANCE,
    "noise_band": _HERTZ,
    "noise_band_octaves": Rule(_is_positive_range, "low, high in octaves, above 0"),
    "durations": Rule(_are_durations, "(weight, low, high)"),
    "lowpass_probability": _CHANCE,
    "lowpass": _HERTZ,
    "normalize": _one_of(NORMALIZATIONS),
    "peak": Rule(lambda value: _is_number(value) and 0 < value <= 1, "a level in (0, 1]"),
    "level": Rule(lambda pair: _is_range(pair, most=0), "low, high ≤ 0, in dBFS or LUFS"),
    "overdrive": Rule(lambda pair: _is_range(pair, 0), "low, high ≥ 0, in dB"),
    "codec_probability": _CHANCE,
    "codecs": Rule(
        lambda names: _are_names(names) and set(names) <= set(CODEC_RATES),
        f"some of {tuple(CODEC_RATES)}",
    ),
    "codec_quality": Rule(lambda pair: _is_range(pair, 0, 1), "low, high in [0, 1]"),
    "sr": Rule(
        lambda value: _is_number(value) and isinstance(value, int) and value >= 1000,
        "a rate in Hz of 1000 or more",
    ),
}
