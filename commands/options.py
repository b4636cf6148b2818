"""Options shared by commands, and the types of their values.

Every option can also be set by the environment (``STEMSTACK_<NAME>``) or, where a command takes
``--config``, by a YAML file; the flag wins over the environment, that over the file, and the file
over the default.
"""

import os
from pathlib import Path

import click
import yaml

from ..errors import UsageError


def option(name, *names, **settings):
    """Make an option that the environment variable ``STEMSTACK_<NAME>`` can set too."""
    variable = "STEMSTACK_" + name.strip("-").replace("-", "_").upper()
    settings.setdefault("show_default", True)
    return click.option(name, *names, envvar=variable, **settings)


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
        from ..models import split_names

        return tuple(split_names(value) if isinstance(value, str) else map(str, value))


class SettingsFile(click.ParamType):
    """Mashup settings: a YAML file on the command line, or a mapping inside ``--config``."""

    name = "file"

    def convert(self, value, param, ctx):
        """Give a validated dict of settings; empty for the defaults."""
        from ..mashups import Settings

        if isinstance(value, dict):
            return Settings.from_dict(value).to_dict() if value else {}
        return Settings.from_yaml(value).to_dict()


def jobs_option():
    """``--jobs``: processes, all cores by default."""
    return option(
        "--jobs", type=click.IntRange(min=1), default=os.cpu_count(), help="Worker processes."
    )


def cache_option():
    """``--cache``: where converted stems and features are kept between runs."""
    return option(
        "--cache",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path.home() / ".cache" / "stemstack",
        help="Folder for converted stems and computed features.",
    )


def stems_options(command):
    """Add ``--stems`` and ``--allow-missing-stems`` to a command."""
    from ..audio import DEFAULT_STEMS

    command = option(
        "--allow-missing-stems", is_flag=True, help="Accept songs that lack some stems."
    )(command)
    return option(
        "--stems", type=Names(), default=",".join(DEFAULT_STEMS), help="Stems that are mixed."
    )(command)


def quiet_option():
    """``--quiet``: no progress."""
    return option("--quiet", is_flag=True, help="Show no progress.")


def config_option():
    """``--config FILE.yaml``: defaults for the other options, such as a run's own config.yaml."""
    return click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False),
        is_eager=True,
        expose_value=False,
        callback=_read_config,
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
    known = {p.name for p in ctx.command.params if p.name != "config"}
    strange = sorted(set(values) - known)
    if strange:
        raise UsageError(
            f"{path}: unknown option {strange[0]!r}; known: {', '.join(sorted(known))}"
        )
    ctx.default_map = {**(ctx.default_map or {}), **values}
