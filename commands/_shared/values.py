"""Types and bounds of option values.

Importing this module imports no heavy package, so that help and completion are fast.
"""

import os
import re

import click
from click.shell_completion import CompletionItem

from ...models.model_name import split_names
from ...models.registry import MODEL_SETS, MODELS
from ...utils.constraints import shorten

# Bounds of counts and seeds, so that a mistyped digit is an error and not a full disk.
MANY = 1_000_000
SEED = click.IntRange(0, 2**32 - 1)
FOLDS = click.IntRange(2, 1000)
# In seconds.
HOP = click.FloatRange(0.1, 86_400)
# A year, in s.
_LONGEST_TIME = 366 * 86400
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d{1,2})")
_SPAN = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


class FilePath(click.Path):
    """Path of a file or folder; ``~`` is the user's home, which shells leave in ``--out=~/RUN``."""

    def convert(self, value, param, ctx):
        """Return the path."""
        if isinstance(value, str | os.PathLike):
            value = os.path.expanduser(value)
        return super().convert(value, param, ctx)


class NoiseFolder(FilePath):
    """Folder of noise clips, or ``synthetic`` or ``off``."""


class Names(click.ParamType):
    """List of names: ``a,b,c`` on the command line, a list in YAML."""

    name = "a,b,c"

    def convert(self, value, param, ctx):
        """Return a tuple of str."""
        names = split_names(value) if isinstance(value, str) else value
        return tuple(str(name).strip() for name in names if str(name).strip())


class ModelNames(click.ParamType):
    """List of models with parameters: ``lr,effnet(epochs=8,mixup=0.2)``, or a list in YAML.

    The name of a set of models stands for its models.
    """

    name = "a,b(c=1),d"

    def convert(self, value, param, ctx):
        """Return a tuple of str."""
        names = split_names(value) if isinstance(value, str) else map(str, value)
        return tuple(model for name in names for model in MODEL_SETS.get(name, [name]))

    def shell_complete(self, ctx, param, incomplete):
        """Complete the name after the last comma."""
        before, comma, typed = incomplete.rpartition(",")
        summaries = {name: spec.summary for name, spec in MODELS.items()}
        summaries |= {name: ", ".join(models) for name, models in MODEL_SETS.items()}
        return [
            CompletionItem(before + comma + name, help=summary)
            for name, summary in summaries.items()
            if name.startswith(typed)
        ]


class SettingsFile(click.ParamType):
    """Mashup settings: ``record``, ``wide`` or a YAML file, or a mapping inside ``--config``."""

    name = "record|wide|file"

    def convert(self, value, param, ctx):
        """Return a validated dict of settings; empty for the defaults."""
        if ctx and ctx.resilient_parsing:
            return value
        from ...mashups import Settings

        if isinstance(value, dict):
            return Settings.from_dict(value).to_dict() if value else {}
        if not value:
            self.fail("expected record, wide or a file")
        if value == "record":
            return {}
        if value == "wide":
            return Settings(mixture="wide").to_dict()
        return Settings.from_yaml(value).to_dict()

    def shell_complete(self, ctx, param, incomplete):
        """Complete file names."""
        return [CompletionItem(incomplete, type="file")]


class MatchMode(SettingsFile):
    """How ``fit`` matches settings to the test: a name, or a YAML file of settings found before."""

    name = "auto|off|read|quick|full|file"

    def convert(self, value, param, ctx):
        """Return a name, or a dict of settings."""
        return value if value in self.name.split("|")[:-1] else super().convert(value, param, ctx)


class WindowLength(click.ParamType):
    """Length of windows in s, or ``auto`` or ``off``."""

    name = "auto|off|seconds"

    def convert(self, value, param, ctx):
        """Return ``"auto"``, ``"off"`` or a float."""
        if value in ("auto", "off"):
            return value
        try:
            return HOP.convert(value, param, ctx)
        except click.BadParameter:
            self.fail(
                f"expected auto, off, or a number of seconds, {HOP.min} to {HOP.max}. "
                f"Got {shorten(value)}"
            )


class CountOrAuto(click.types.IntParamType):
    """Whole number, or ``auto``."""

    name = "n|auto"

    def convert(self, value, param, ctx):
        """Return an int, or ``"auto"``."""
        if value == "auto":
            return value
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"expected auto, or a whole number. Got {shorten(value)}")


class Duration(click.ParamType):
    """Duration: ``9h``, ``1h30m``, ``90m``, ``3600s`` or ``3600``, ``01:30:00``."""

    name = "time"

    def convert(self, value, param, ctx):
        """Return seconds as a float."""
        text = str(value).strip().lower()
        clock, span = _CLOCK.fullmatch(text), _SPAN.fullmatch(text)
        parts = (clock or span).groups() if clock or span else ()
        hours, minutes, seconds = [float(part or 0) for part in parts] or [0.0] * 3
        total = 3600 * hours + 60 * minutes + seconds
        if not 0 < total <= _LONGEST_TIME:
            self.fail(f"expected a time such as 9h, 30m, 3600s or 01:30:00. Got {shorten(value)}")
        return total
