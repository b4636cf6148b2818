"""Environment variables that set options, and a warning of those that set none."""

import difflib
import os

import click

from .terminal import echo_line

PREFIX = "STEMSTACK_"
# Those that are read elsewhere: by the library, the example application and the tests.
_OTHERS = {
    f"{PREFIX}{name}"
    for name in ("CACHE", "MAX_SAMPLES", "MAX_DATA_GB", "RUN", "UPDATE_GOLDEN", "ALL_COMMANDS")
}


def variable_name(option):
    """Return the environment variable that sets an option.

    Parameters
    ----------
    option : str
        Its flag, such as ``"--max-gap"``.

    Returns
    -------
    str

    Examples
    --------
    >>> from stemstack.commands._shared.environment import variable_name
    >>> variable_name("--mashups-per-genre")
    'STEMSTACK_MASHUPS_PER_GENRE'
    """
    return PREFIX + option.strip("-").replace("-", "_").upper()


def warn_of_unknown_variables(group):
    """Warn of ``STEMSTACK_*`` variables that no option of any command is set by.

    Parameters
    ----------
    group : click.Group
        The program. Its commands are imported only if there is such a variable.
    """
    names = {name for name in os.environ if name.startswith(PREFIX)} - _OTHERS
    existing = set(_list_variables(group)) if names else set()
    for name in sorted(names - existing):
        # Without the prefix, by which all names are alike.
        options = [other.removeprefix(PREFIX) for other in existing | _OTHERS]
        near = difflib.get_close_matches(name.removeprefix(PREFIX), sorted(options), n=1)
        hint = f"; did you mean {PREFIX}{near[0]}?" if near else ""
        echo_line(f"warning: the environment variable {name} sets no option{hint}")


def _list_variables(group):
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            if isinstance(command, click.Group):
                yield from _list_variables(command)
            yield from (param.envvar for param in command.params if param.envvar)
