"""The option ``--config``: values of the other options from a YAML file."""

import click

from ...exceptions import UsageError
from ...utils.constraints import (
    TRUE_OR_FALSE,
    Constraint,
    check_names,
    check_value,
    is_number,
    is_text,
)
from ...utils.yaml_reader import read_yaml
from .grouped import GroupedOption
from .values import (
    CountOrAuto,
    FilePath,
    MatchMode,
    ModelNames,
    Names,
    NoiseFolder,
    SettingsFile,
    WindowLength,
)

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
    if value is False and _takes_off(param):
        value = "off"  # As YAML reads it without quotes.
    found = (types[cls] for cls in type(param.type).__mro__ if cls in types)
    constraint = next(found, _TEXT_OR_NUMBER)
    check_value(_flag(param), value, constraint)
    # A number that is a name or a path; click would take it for an open file.
    return str(value) if constraint is _TEXT_OR_NUMBER else value


def _takes_off(param):
    is_choice = isinstance(param.type, click.Choice) and "off" in param.type.choices
    return is_choice or isinstance(param.type, MatchMode | WindowLength | NoiseFolder)
