"""Constraints of options: tests of single values, each with a text of what is expected."""

import difflib
import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import NamedTuple

from ..exceptions import UsageError

# Longer values are cut in messages.
_SHOWN = 60


class Constraint(NamedTuple):
    """Test of one value, and what the value is expected to be."""

    is_met: Callable
    expected: str


def check_value(name, value, constraint):
    """Raise an error unless a value meets a constraint.

    Parameters
    ----------
    name : str
        How the message calls the value, such as ``"The setting 'peak'"``.
    value : object
    constraint : Constraint

    Raises
    ------
    UsageError
        The message has the name, the value and the expectation.
    """
    if not constraint.is_met(value):
        raise UsageError(f"{name} must be {constraint.expected}. Got {shorten(value)} instead.")


def check_names(values, names, noun):
    """Raise an error unless the keys of a mapping are names of options.

    Parameters
    ----------
    values : iterable
        The keys.
    names : iterable of str
        The names that exist.
    noun : str
        What they are the names of, such as ``"setting"``.

    Raises
    ------
    UsageError
        The message has the name most similar to the first that is unknown.
    """
    names = list(names)
    unknown = [key for key in values if key not in names]
    if unknown:
        near = difflib.get_close_matches(shorten(unknown[0]).strip("'"), names, n=1)
        hint = f"did you mean {near[0]!r}? The" if near else "the"
        raise UsageError(
            f"Unknown {noun} {shorten(unknown[0])}; {hint} {noun}s are {', '.join(names)}"
        )


def shorten(value):
    """Return the ``repr`` of a value, cut to one line of a message.

    Parameters
    ----------
    value : object

    Returns
    -------
    str

    Examples
    --------
    >>> shorten("a"), len(shorten(10**5000))
    ("'a'", 61)
    """
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print integers of thousands of digits.
        text = hex(value) if isinstance(value, int) else f"<{type(value).__name__}>"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def is_number(value, kind=int | float):
    """Return whether a value is a number of a kind, of at most 64 bits; a bool is none."""
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    return abs(value) < 2**63 if isinstance(value, int) else math.isfinite(value)


def is_text(value):
    """Return whether a value is text that can be a name or a path.

    It is neither empty nor has null characters or halves of characters, which YAML and JSON allow.
    """
    if not isinstance(value, str) or value.strip() == "" or "\0" in value:
        return False
    try:
        # The names of files that are no Unicode have halves of their own.
        value.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def whole_number(low, high):
    """Return the constraint of whole numbers in an interval."""
    return Constraint(
        lambda value: is_number(value, int) and low <= value <= high,
        f"a whole number from {low} to {high}",
    )


def at_least(low):
    """Return the constraint of numbers from ``low`` on; of whole numbers if it is an int."""
    kind, noun = (Integral, "a whole number") if isinstance(low, int) else (Real, "a number")
    return Constraint(
        lambda value: is_number(value, kind) and value >= low, f"{noun}, at least {low:g}"
    )


def one_of(*options):
    """Return the constraint of some texts."""
    return Constraint(
        lambda value: isinstance(value, str) and value in options, f"one of {options}"
    )


def optional(constraint):
    """Return a constraint that None meets as well."""
    return Constraint(
        lambda value: value is None or constraint.is_met(value), f"{constraint.expected}, or null"
    )


TRUE_OR_FALSE = Constraint(lambda value: isinstance(value, bool), "true or false")
TEXT = Constraint(is_text, "text, not empty")
NAMES = Constraint(
    lambda names: isinstance(names, tuple) and all(map(is_text, names)), "a list of names"
)
