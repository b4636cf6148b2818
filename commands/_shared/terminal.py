"""Text on stdout and stderr: names of files, classes and models cannot control the terminal.

All commands print through this module or through :func:`make_console` and ``RichProgress``, which
use :func:`~stemstack.utils.formatting.visible` too. Importing it imports no heavy package.
"""

import json
import logging
import sys

import click

from ...exceptions import StemstackError
from ...utils.formatting import visible

_LINES = "\n\t"


def echo(text):
    """Print text for people on stdout.

    Parameters
    ----------
    text : str
        May have several lines.
    """
    click.echo(visible(str(text), keep=_LINES))


def echo_data(text, *, nl=True):
    """Print data for programs on stdout: exact in a pipe or file, without controls on a terminal.

    Parameters
    ----------
    text : str or Path
        CSV, YAML, or the path of a file that was written.
    nl : bool, default=True
        Whether to end the line.
    """
    text = str(text)
    click.echo(visible(text, keep=_LINES) if sys.stdout.isatty() else text, nl=nl)


def print_json(document):
    """Print plain data as JSON on stdout; all but ASCII characters are escaped."""
    click.echo(json.dumps(document, indent=1))


def echo_line(text):
    """Print one line on stderr.

    Parameters
    ----------
    text : str
        Its line breaks, which can only come from a name, are escaped.
    """
    click.echo(visible(str(text)), err=True)


def echo_error(error):
    """Print an error on stderr, one line and one for each of its details."""
    details = error.details if isinstance(error, StemstackError) else ()
    message = error.message if isinstance(error, StemstackError) else error
    for line in (f"error: {message}", *(f"  {detail}" for detail in details)):
        echo_line(line)


class LineFormatter(logging.Formatter):
    """Formatter of log messages: one line each."""

    def format(self, record):
        """Return the message as one line."""
        return visible(super().format(record))
