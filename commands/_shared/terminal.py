"""Text on stdout and stderr: names of files, classes and models cannot control the terminal.

All commands print through this module or through :func:`make_console` and ``RichProgress``, which
use :func:`~stemstack.utils.formatting.visible` too. Importing it imports no heavy package.
"""

import codecs
import io
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
    text = str(text) + "\n" * nl
    if sys.stdout.isatty():
        click.echo(visible(text, keep=_LINES), nl=False)
    else:
        click.echo(_encode(text), nl=False)


def _encode(text):
    """Return text in the encoding of stdout; in UTF-8 if that lacks a character.

    Bytes of file names that are not text stay as they are.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        return text.encode(encoding, "surrogateescape")
    except UnicodeEncodeError as error:
        echo_line(
            f"warning: stdout is {encoding}, which lacks {text[error.start]!a}: the output is in "
            "UTF-8"
        )
        return text.encode("utf-8", "surrogateescape")


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


# Of the characters that commands print; others that an encoding lacks are printed as \\u2192.
_ASCII = {"→": "->", "…": "...", "≥": ">=", "≤": "<=", "–": "-", "—": "-", "×": "x", "±": "+-"}


def replace_unencodable():
    """Print what the encoding of stdout or stderr lacks as ASCII, such as ``->`` for an arrow."""
    codecs.register_error("stemstack", _to_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="stemstack")


def _to_ascii(error):
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    replaced = (_ASCII.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text)
    return "".join(replaced), error.end


class LineFormatter(logging.Formatter):
    """Formatter of log messages: one line each."""

    def format(self, record):
        """Return the message as one line."""
        return visible(super().format(record))


class PlainStream:
    """Text stream that writes control characters as escapes, for output of other libraries.

    Parameters
    ----------
    stream : file-like
    """

    def __init__(self, stream):
        self._stream = stream

    def write(self, text):
        """Write text; line breaks and tabs are kept."""
        return self._stream.write(visible(text, keep=_LINES))

    def __getattr__(self, name):
        return getattr(self._stream, name)
