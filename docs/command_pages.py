"""Sphinx directives ``commands`` and ``models``: both registries as Markdown."""

import inspect
import re

import click
from sphinx.util.docutils import SphinxDirective

from stemstack.commands.main import cli
from stemstack.models import MODELS


class Commands(SphinxDirective):
    """Directive that describes all commands: heading, help and table of options."""

    def run(self):
        """Return the parsed description."""
        text = "\n".join(describe(cli, click.Context(cli, info_name="stemstack")))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class Models(SphinxDirective):
    """Directive that lists the models of ``--models`` in a table."""

    def run(self):
        """Return the parsed table."""
        rows = ["| name | learns from | model |", "|---|---|---|"]
        learns_from = {
            "features": "handcrafted features",
            "embedding": "activations of a pretrained network",
            "network": "log-mel spectrograms",
        }
        rows += [
            f"| `{spec.name}` | {learns_from[spec.kind]} | {spec.summary} |"
            for spec in MODELS.values()
        ]
        return self.parse_text_to_nodes("\n".join(rows))


def describe(group, parent):
    """Yield the Markdown lines of the commands of a group and its subgroups."""
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        ctx = click.Context(command, info_name=name, parent=parent)
        if isinstance(command, click.Group):
            yield from describe(command, ctx)
            continue
        words = ctx.command_path.split()[1:]
        yield from (f"## {' '.join(words)}", "", *help_lines(command.help), "")
        usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
        yield from ("```text", usage, "```", "", *option_table(command), "")


def help_lines(text):
    """Yield the help, with its examples, which follow a backspace, as code."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b\n"):
            yield from ("```console", paragraph[2:], "```", "")
        else:
            yield from (plain(paragraph), "")


def option_table(command):
    """Yield a table of the options, in order."""
    yield from ("| option | meaning | default |", "|---|---|---|")
    for option in command.params:
        if isinstance(option, click.Option):
            names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
            kind = "" if option.is_flag else f" {values_of(option)}"
            yield f"| {names}{kind} | {plain(option.help or '')} | {default_of(option)} |"


def values_of(option):
    """Return the values that an option accepts."""
    if isinstance(option.type, click.Choice):
        return " or ".join(f"`{choice}`" for choice in option.type.choices)
    return f"*{option.type.name.removesuffix(' range')}*"


def default_of(option):
    """Return the default of an option, independently of the machine."""
    default = option.to_info_dict()["default"]
    if option.required:
        return "required"
    if option.is_flag or default is None:
        return ""
    # What depends on the machine is computed when it is needed, and described in words.
    return option.show_default if callable(option.default) else f"`{default}`"


def plain(text):
    """Escape Markdown, and format options as code."""
    escaped = re.sub(r"([*_|<`\[])", r"\\\1", text)
    return re.sub(r"(?<!\S)--[a-z][a-z-]*", r"`\g<0>`", escaped)


def setup(app):
    """Add the directives."""
    app.add_directive("commands", Commands)
    app.add_directive("models", Models)
    return {"parallel_read_safe": True}
