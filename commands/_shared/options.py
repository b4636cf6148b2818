"""Options shared by commands, and the types of their values.

Every option can also be set by an environment variable (``STEMSTACK_<NAME>``) or, if a command has
``--config``, in a YAML file. Precedence: flag, environment variable, file, default.

Importing this module imports no heavy package, so that help and completion are fast.
"""

import math
import os
import re
from pathlib import Path
from types import SimpleNamespace

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from ...exceptions import UsageError
from ...models.model_name import split_names
from ...models.registry import MODEL_SETS, MODELS
from ...utils.cache import choose_library_caches, default_cache_folder
from ...utils.constraints import (
    TRUE_OR_FALSE,
    Constraint,
    check_names,
    check_value,
    is_number,
    is_text,
    shorten,
)
from ...utils.environment import environment_variable
from ...utils.yaml_reader import read_yaml

# Bounds of counts and seeds, so that a mistyped digit is an error and not a full disk.
MANY = 1_000_000
SEED = click.IntRange(0, 2**32 - 1)
FOLDS = click.IntRange(2, 1000)
# In seconds.
HOP = click.FloatRange(0.1, 86_400)
# Names and defaults defined in packages that import slowly; a test keeps them equal.
PROTOCOLS = ("disjoint", "shared", "both")
WINDOW_FORMATS = ("csv", "audacity", "raven")
STEMS = ("drums", "vocals", "bass", "other")
GAP_FOLDS = 3
MAX_DATA_GB = 64.0
TUNE_BUDGET = SimpleNamespace(n_pilots=300, n_rounds=0, gap_clips=300, folds=3)


# Digits of a number on the command line.
_LONGEST_NUMBER = 40
# A year, in s.
_LONGEST_TIME = 366 * 86400
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d{1,2})")
_SPAN = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


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
    variable = "STEMSTACK_" + name.strip("-").replace("-", "_").upper()
    settings.setdefault("show_default", True)
    return click.option(name, *names, envvar=variable, cls=GroupedOption, **settings)


class FilePath(click.Path):
    """Path of a file or folder; ``~`` is the user's home, which shells leave in ``--out=~/RUN``."""

    def convert(self, value, param, ctx):
        """Return the path."""
        if isinstance(value, str | os.PathLike):
            value = os.path.expanduser(value)
        return super().convert(value, param, ctx)


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


def settings_option(default, **settings):
    """Return the option ``--settings``: ``default`` names the settings used without it."""
    (other,) = {"wide", "record"} - {default}
    help = f"Mashup settings: {default} (the default), {other}, or a YAML file."
    return option("--settings", type=SettingsFile(), help=help, **settings)


def default_settings(settings):
    """Return mashup settings as plain data: the wide mixture where none are given."""
    from ...mashups import Settings

    return Settings(mixture="wide").to_dict() if settings is None else settings


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


def window_options(training, **settings):
    """Return the options ``--window`` and ``--hop``: how long recordings are cut."""
    purpose = "to train on: as long as the test clips" if training else "as long as in training"
    window = option(
        "--window",
        type=WindowLength(),
        default="auto",
        help=f"Cut longer clips into windows {purpose} (auto), or of a length in s.",
        **settings,
    )
    hop = option(
        "--hop",
        type=HOP,
        help="Time between the starts of windows in s.  [default: their length]",
        **settings,
    )
    return lambda command: window(hop(command))


class MatchMode(SettingsFile):
    """How ``fit`` matches settings to the test: a name, or a YAML file of settings found before."""

    name = "auto|off|read|quick|full|file"

    def convert(self, value, param, ctx):
        """Return a name, or a dict of settings."""
        return value if value in self.name.split("|")[:-1] else super().convert(value, param, ctx)


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


def jobs_option():
    """Return the option ``--jobs``: number of processes, by default what the machine has."""
    return option(
        "--jobs",
        type=click.IntRange(1, 1024),
        default=_default_jobs,
        show_default="processors and memory available",
        group="Computing",
        help="Number of worker processes.",
    )


def cache_option():
    """Return the options ``--cache`` and ``--max-data-gb``: where data are stored, and how much."""
    folder = option(
        "--cache",
        type=FilePath(file_okay=False, path_type=Path),
        default=default_cache_folder,
        show_default="the user's cache folder/stemstack",
        callback=_choose_library_caches,
        group="Computing",
        help="Folder for converted stems and computed features.",
    )
    limit = option(
        "--max-data-gb",
        type=click.FloatRange(min=0, min_open=True),
        default=MAX_DATA_GB,
        expose_value=False,
        callback=_limit_data,
        group="Computing",
        help="Largest data set to fetch from a URL, in GB.",
    )
    return lambda command: folder(limit(command))


def _limit_data(ctx, param, value):
    """Set the environment variable that ``datasets`` reads, while the command runs."""
    if ctx.resilient_parsing or ctx.get_parameter_source(param.name) != ParameterSource.COMMANDLINE:
        return
    ctx.with_resource(environment_variable(param.envvar, str(value)))


def _default_jobs():
    context = click.get_current_context(silent=True)
    if context is not None and context.resilient_parsing:
        return 1  # Shell completion asks for all defaults; this one takes an import of joblib.
    from ...utils.machine import default_jobs

    return default_jobs()


def _choose_library_caches(ctx, param, folder):
    if not ctx.resilient_parsing:
        choose_library_caches(folder)
    return folder


def embedding_option(help):
    """Return the option ``--embedding``: a pretrained audio network, as an AudioEmbedding."""
    return option("--embedding", metavar="NETWORK", callback=_make_embedding, help=help)


def _make_embedding(ctx, param, name):
    """Load the network, so that one that is not there stops the command at its start."""
    if name is None:
        return None
    from ...audio import DEFAULT_SR
    from ...models import AudioEmbedding

    embedding = AudioEmbedding(name, sr=DEFAULT_SR)
    embedding.load()
    return embedding


def trust_option():
    """Return the option ``--trust``: the user's own code, which a run may only name.

    Neither the environment nor ``--config`` can set it: the configuration of a run must not be able
    to import code.
    """
    return click.option(
        "--trust",
        multiple=True,
        metavar="FILE.py",
        cls=GroupedOption,
        group="Models",
        help="File or module of your own code that models need; it is imported.",
    )


def stems_options(command):
    """Add ``--stems`` and ``--allow-missing-stems`` to a command."""
    command = option(
        "--allow-missing-stems",
        is_flag=True,
        group="Mashups",
        help="Accept songs without some of the stems.",
    )(command)
    return option(
        "--stems", type=Names(), default=",".join(STEMS), group="Mashups", help="Stems to mix."
    )(command)


def label_separator_option(**settings):
    """Return the option ``--label-separator``: several labels for a clip in a manifest."""
    return option(
        "--label-separator",
        metavar="TEXT",
        help="What separates the labels in a cell of a manifest, such as ';': clips then have any "
        "number of labels.",
        **settings,
    )


def noise_option():
    """Return the option ``--noise``: noise clips for training mashups."""
    return option(
        "--noise",
        type=FilePath(),
        help="Folder of noise clips, or synthetic for generated ones. Recordings are mixed with "
        "them, as mashups of one stem.",
    )


def run_noise_option():
    """Return the option ``--noise`` of a command that reads the data set of a run."""
    return option("--noise", type=FilePath(), help="The --noise of RUN's fit, if it had one.")


def quiet_option():
    """Return the option ``--quiet``: no progress."""
    return option("--quiet", is_flag=True, group="Output", help="Show no progress.")


def json_option(help="Print JSON."):
    """Return the option ``--json``: print JSON on stdout."""
    return option("--json", "as_json", is_flag=True, group="Output", help=help)


def config_option():
    """Return the option ``--config``: YAML file of values for the other options."""
    return click.option(
        "--config",
        type=FilePath(exists=True, dir_okay=False),
        is_eager=True,
        expose_value=False,
        callback=_read_config,
        cls=GroupedOption,
        group="Data",
        help="YAML file of values for the options; a run's config.yaml repeats that run.",
    )


def _read_config(ctx, param, path):
    if path is None:
        return
    document = read_yaml(path)
    if isinstance(document, dict) and isinstance(document.get("config"), dict):
        document = document["config"]
    if not isinstance(document, dict):
        raise UsageError(f"{path}: expected a mapping of options, such as 'folds: 5'")
    values = {
        name.replace("-", "_") if isinstance(name, str) else name: value
        for name, value in document.items()
    }
    params = {_flag(p): p for p in ctx.command.params if p.name not in _NOT_IN_YAML}
    try:
        check_names(values, params, "option")
        given = {params[name].name: _from_yaml(params[name], v) for name, v in values.items()}
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    given = {name: value for name, value in given.items() if value is not None}
    ctx.default_map = {**(ctx.default_map or {}), **given}


def _flag(param):
    """Return the name of an option as on the command line, with underscores."""
    return max(param.opts, key=len).lstrip("-").replace("-", "_")


# What allows something to data or code of others is given on the command line only.
_NOT_IN_YAML = {"config", "trust", "max_data_gb"}
# What YAML may hold for an option, by the type of its values on the command line.
_WHOLE = Constraint(lambda value: is_number(value, int), "a whole number")
_COUNT = Constraint(lambda v: v == "auto" or is_number(v, int), "a whole number, or auto")
_NUMBER = Constraint(is_number, "a number")
_TEXT_OR_NUMBER = Constraint(
    lambda value: is_text(value) or is_number(value), "text, not empty, or a number"
)
_LIST = Constraint(
    lambda value: (
        is_text(value) or (isinstance(value, list) and all(map(_TEXT_OR_NUMBER.is_met, value)))
    ),
    "a list of names",
)
_SETTINGS = Constraint(lambda v: is_text(v) or isinstance(v, dict), "a file, or a mapping")


def _from_yaml(param, value):
    """Return the value of an option; raise a UsageError unless YAML holds one of its type."""
    # Depending on the version, click has None or an object of its own for no default.
    has_default = callable(param.default) or isinstance(param.default, str | int | float)
    if value is None and not (param.required or param.is_flag or has_default):
        return None
    types = {
        click.types.BoolParamType: TRUE_OR_FALSE,
        click.types.IntParamType: _WHOLE,
        click.types.FloatParamType: _NUMBER,
        CountOrAuto: _COUNT,
        Names: _LIST,
        ModelNames: _LIST,
        SettingsFile: _SETTINGS,
        WindowLength: _TEXT_OR_NUMBER,
    }
    if value is False and isinstance(param.type, MatchMode | WindowLength):
        value = "off"  # As YAML reads it without quotes.
    found = (types[cls] for cls in type(param.type).__mro__ if cls in types)
    constraint = next(found, _TEXT_OR_NUMBER)
    check_value(_flag(param), value, constraint)
    # A number that is a name or a path; click would take it for an open file.
    return str(value) if constraint is _TEXT_OR_NUMBER else value


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
