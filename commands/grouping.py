"""Options in groups, so that the help of a command with many can be read."""

import click


class GroupedOption(click.Option):
    """An option that knows which group it is listed in.

    Parameters
    ----------
    group : str, optional
        Title of the group; ``"Options"`` by default.
    """

    def __init__(self, *names, group="Options", **settings):
        super().__init__(*names, **settings)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help lists options by group, in the order of their first option."""

    def format_options(self, ctx, formatter):
        """Write the options, a section a group; what has no group comes last."""
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
