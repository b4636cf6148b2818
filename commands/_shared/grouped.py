"""Options that environment variables set too, and the help that lists them by group."""

import math

import click

from ...utils.constraints import shorten
from .environment import variable_name

# Digits of a number on the command line.
_LONGEST_NUMBER = 40


def option(name, *names, **settings):
    """Return an option that the environment variable ``STEMSTACK_<NAME>`` sets too.

    Parameters
    ----------
    name, *names : str
        Flags.
    **settings
        Parameters of ``click.option``, and ``group``, the title that a :class:`GroupedCommand`
        lists the option under.
    """
    settings.setdefault("show_default", True)
    return click.option(name, *names, envvar=variable_name(name), cls=GroupedOption, **settings)


class GroupedOption(click.Option):
    """Option that belongs to a group of the help.

    Parameters
    ----------
    group : str, optional
        Title of the group; ``"Options"`` by default.
    """

    def __init__(self, *names, group="Options", **settings):
        super().__init__(*names, **settings)
        self.group = group

    def type_cast_value(self, ctx, value):
        """Convert a value to the option's type; NaN and infinity are not numbers here."""
        number = isinstance(self.type, click.types.IntParamType | click.types.FloatParamType)
        if number and isinstance(value, str) and len(value) > _LONGEST_NUMBER:
            raise click.BadParameter(f"expected a number. Got {shorten(value)}", ctx, self)
        value = super().type_cast_value(ctx, value)
        if isinstance(value, float) and not math.isfinite(value):
            raise click.BadParameter(f"expected a number. Got {value}", ctx, self)
        return value


class GroupedCommand(click.Command):
    """Command whose help lists options by group, in the order of their first option."""

    def format_options(self, ctx, formatter):
        """Write the options, one section per group; options without a group come last."""
        groups = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(param, "group", "Options"), []).append(record)
        rest = groups.pop("Options", [])
        for title, records in [*groups.items(), ("Options", rest)]:
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
