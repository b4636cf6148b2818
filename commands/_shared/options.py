"""Options shared by commands, and the types of their values.

Every option can also be set by the environment (``STEMSTACK_<NAME>``) or, where a command takes
``--config``, by a YAML file; the flag wins over the environment, that over the file, and the file
over the default.

Importing this imports none of the rooms: help and completion are shown at once.
"""

import os
import re
from pathlib import Path

import click
import yaml
from click.shell_completion import CompletionItem

from ...exceptions import UsageError
from ...models.model_name import split_names
from ...models.registry import MODELS
from .defaults import STEMS

_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d{1,2})")
_SPAN = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


def option(name, *names, **settings):
    """Make an option that the environment variable ``STEMSTACK_<NAME>`` can set too.

    Parameters
    ----------
    name, *names : str
    **settings
        As of ``click.option``, and ``group``, which the help of a
        :class:`~.grouping.GroupedCommand` lists it in.
    """
    variable = "STEMSTACK_" + name.strip("-").replace("-", "_").upper()
    settings.setdefault("show_default", True)
    return click.option(name, *names, envvar=variable, cls=GroupedOption, **settings)


class Names(click.ParamType):
    """A list of names: ``a,b,c`` on the command line, a list in YAML."""

    name = "a,b,c"

    def convert(self, value, param, ctx):
        """Give a tuple of str."""
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(str(part).strip() for part in parts if str(part).strip())


class ModelNames(click.ParamType):
    """Models, perhaps with parameters: ``lr,effnet(epochs=8,mixup=0.2)``, or a list in YAML."""

    name = "a,b(c=1),d"

    def convert(self, value, param, ctx):
        """Give a tuple of str."""
        return tuple(split_names(value) if isinstance(value, str) else map(str, value))

    def shell_complete(self, ctx, param, incomplete):
        """Complete the name after the last comma."""
        before, comma, typed = incomplete.rpartition(",")
        return [
            CompletionItem(before + comma + name, help=spec.summary)
            for name, spec in MODELS.items()
            if name.startswith(typed)
        ]


class SettingsFile(click.ParamType):
    """Mashup settings: a YAML file on the command line, or a mapping inside ``--config``."""

    name = "file"

    def convert(self, value, param, ctx):
        """Give a validated dict of settings; empty for the defaults."""
        if ctx and ctx.resilient_parsing:
            return value
        from ...mashups import Settings

        if isinstance(value, dict):
            return Settings.from_dict(value).to_dict() if value else {}
        return Settings.from_yaml(value).to_dict()

    def shell_complete(self, ctx, param, incomplete):
        """Complete file names."""
        return [CompletionItem(incomplete, type="file")]


class Duration(click.ParamType):
    """A time: ``9h``, ``1h30m``, ``90m``, ``3600s`` or ``3600``, ``01:30:00``."""

    name = "time"

    def convert(self, value, param, ctx):
        """Give seconds as a float."""
        text = str(value).strip().lower()
        clock, span = _CLOCK.fullmatch(text), _SPAN.fullmatch(text)
        parts = (clock or span).groups() if clock or span else ()
        hours, minutes, seconds = [float(part or 0) for part in parts] or [0.0] * 3
        total = 3600 * hours + 60 * minutes + seconds
        if total <= 0:
            self.fail(f"expected a time such as 9h, 30m, 3600s or 01:30:00. Got {value!r}")
        return total


def jobs_option():
    """``--jobs``: processes, all cores by default."""
    return option(
        "--jobs",
        type=click.IntRange(min=1),
        default=os.cpu_count(),
        group="Computing",
        help="Worker processes.",
    )


def cache_option():
    """``--cache``: where converted stems and features are kept between runs."""
    return option(
        "--cache",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path.home() / ".cache" / "stemstack",
        group="Computing",
        help="Folder for converted stems and computed features.",
    )


def trust_option():
    """Return ``--trust``: the user's own code, which a run may only name.

    Neither the environment nor ``--config`` can set it: a run's configuration must not be able to
    have code imported.
    """
    return click.option(
        "--trust",
        multiple=True,
        metavar="FILE.py",
        cls=GroupedOption,
        group="Models",
        help="Code of your own (or a module) that the run's models need; imported.",
    )


def stems_options(command):
    """Add ``--stems`` and ``--allow-missing-stems`` to a command."""
    command = option(
        "--allow-missing-stems",
        is_flag=True,
        group="Mashups",
        help="Accept songs that lack some stems.",
    )(command)
    return option(
        "--stems",
        type=Names(),
        default=",".join(STEMS),
        group="Mashups",
        help="Stems that are mixed.",
    )(command)


def quiet_option():
    """``--quiet``: no progress."""
    return option("--quiet", is_flag=True, group="Output", help="Show no progress.")


def json_option(what="Print JSON."):
    """``--json``: what is printed as JSON on stdout."""
    return option("--json", "as_json", is_flag=True, group="Output", help=what)


def print_json(document):
    """Print plain data as JSON on stdout."""
    import json

    click.echo(json.dumps(document, indent=1))


def config_option():
    """``--config FILE.yaml``: defaults for the other options, such as a run's own config.yaml."""
    return click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False),
        is_eager=True,
        expose_value=False,
        callback=_read_config,
        cls=GroupedOption,
        group="Data",
        help="YAML file with values for the options; a run's config.yaml repeats that run.",
    )


def _read_config(ctx, param, path):
    if path is None:
        return
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise UsageError(f"{path}: is not YAML ({error})") from error
    if isinstance(document, dict) and isinstance(document.get("config"), dict):
        document = document["config"]
    if not isinstance(document, dict):
        raise UsageError(f"{path}: expected a mapping of options, such as 'folds: 5'")
    values = {str(name).replace("-", "_"): value for name, value in document.items()}
    known = {p.name for p in ctx.command.params} - {"config", "trust"}
    strange = sorted(set(values) - known)
    if strange:
        raise UsageError(
            f"{path}: unknown option {strange[0]!r}; known: {', '.join(sorted(known))}"
        )
    ctx.default_map = {**(ctx.default_map or {}), **values}


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
