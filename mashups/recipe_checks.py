"""Check recipes from files: types, options and numbers with which a mashup can be rendered.

The kernels and the codecs are compiled code that a wrong number would end or keep busy without end.
"""

from ..exceptions import DataError, UsageError
from ..utils.constraints import (
    TRUE_OR_FALSE,
    Constraint,
    check_value,
    is_number,
    is_text,
    one_of,
    optional,
    shorten,
    whole_number,
)
from .settings_checks import CODEC_RATES, CONSTRAINTS, EFFECT_LIMITS

_LARGEST = 2**40


def _is_unicode(value):
    """Return whether a value is text that every file of recipes can hold."""
    try:
        return is_text(value) and value.encode() != b""
    except UnicodeEncodeError:
        return False


def _number(low, high):
    expected = f"a number from {low:g} to {high:g}"
    return Constraint(lambda value: is_number(value) and low <= value <= high, expected)


def _band(value):
    # From 1 Hz on, with a margin for rounding in powers of 2.
    return len(value) == 2 and all(map(is_number, value)) and 0.9 < value[0] < value[1] <= 1.1e6


_TEXT = Constraint(_is_unicode, "text, not empty")
_FREQUENCY = optional(_number(1, 1e6))
_TILT = optional(_number(*EFFECT_LIMITS["tilt"][0]))
# Far above what is sampled from settings; the squares are in the range of float32.
_GAIN = _number(-1e15, 1e15)
_STEM = {
    "stem": _TEXT,
    "song": _TEXT,
    "path": _TEXT,
    "rate": _number(0.01, 100),
    "gain": _GAIN,
    "tilt": _TILT,
}
_NOISE = {
    "path": _TEXT,
    "start": whole_number(-_LARGEST, _LARGEST),
    "gain": optional(_GAIN),
    "snr": optional(_number(-120, 120)),
    "tile": TRUE_OR_FALSE,
    "band": optional(Constraint(_band, "low < high in Hz, from 1 to 1000000")),
    "tilt": _TILT,
    "active": TRUE_OR_FALSE,
}
_EFFECT = {
    "name": _TEXT,
    "values": Constraint(lambda values: all(map(is_number, values)), "numbers"),
    "path": optional(_TEXT),
}
_UNCHANGED = Constraint(lambda rate: rate == 1, "1, because tempo is 'none'")
_RECIPE = {
    "id": _TEXT,
    "label": _TEXT,
    "fold": whole_number(0, _LARGEST),
    "sr": CONSTRAINTS["sr"],
    "start": whole_number(0, _LARGEST),
    "length": whole_number(1, 2**31 - 1),
    "stems": Constraint(lambda stems: len(stems) > 0, "at least one stem"),
    "tempo": CONSTRAINTS["tempo"],
    "normalize": CONSTRAINTS["normalize"],
    "level": _number(-1e6, 1),
    "lowpass": _FREQUENCY,
    "overdrive": _number(0, 120),
    "codec": optional(one_of(*CODEC_RATES)),
    "codec_quality": optional(_number(0, 1)),
}


def check_recipe(recipe):
    """Check the types and values of a recipe.

    Parameters
    ----------
    recipe : Recipe

    Raises
    ------
    DataError
        A value is not allowed; the message has the id, the field, the value and what is expected.
    """
    try:
        _check(recipe, _RECIPE, "")
        for i, part in enumerate(recipe.stems):
            _check(part, _STEM, f"stems[{i}].")
            if recipe.tempo == "none":
                check_value(f"stems[{i}].rate", part.rate, _UNCHANGED)
        for i, part in enumerate(recipe.noises):
            _check(part, _NOISE, f"noises[{i}].")
            level = part.gain if part.snr is None else part.snr
            check_value(f"noises[{i}].gain or snr", level, Constraint(is_number, "a number"))
        for i, effect in enumerate(recipe.effects):
            _check(effect, _EFFECT, f"effects[{i}].")
        if recipe.codec is not None:
            check_value("codec_quality", recipe.codec_quality, _number(0, 1))
            check_value("sr", recipe.sr, CODEC_RATES[recipe.codec])
    except UsageError as error:
        raise DataError(f"In the recipe {shorten(recipe.id)}, {error}") from error


def _check(part, constraints, prefix):
    for name, constraint in constraints.items():
        check_value(f"{prefix}{name}", getattr(part, name), constraint)
