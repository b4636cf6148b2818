"""The program ``stemstack``: registry of the commands, error messages and exit codes.

Progress and messages go to stderr, data to stdout. Exit code 0 is success, 1 bad data, 2 bad usage,
130 Ctrl-C, 143 SIGTERM.
"""

import atexit
import gc
import importlib
import logging
import os
import signal
import sys
import threading
import warnings
from contextlib import contextmanager
from typing import NamedTuple

import click

from .. import __version__
from ..exceptions import StemstackError
from ..utils.formatting import visible
from ._shared.environment import warn_of_unknown_variables
from ._shared.terminal import LineFormatter, echo_error, echo_line, replace_unencodable


class Command(NamedTuple):
    """Entry of a command in the registry: stage of the work, and one line of help."""

    stage: str
    help: str


# Registry of the commands, in the order of the work. A command ``do-it`` is the function
# ``do_it_command`` of the module ``do_it`` in this package, imported only when it is called; so its
# line of help is here. ``--help`` lists the stages in the order of their first command.
_INSPECT, _PREPARE, _TRAIN = "Inspect data", "Prepare training data", "Train"
_USE, _PROGRAM = "Use a finished run", "Set up the program"
COMMANDS = {
    "demo-data": Command(_INSPECT, "Render a demo data set in the competition's layout."),
    "doctor": Command(_INSPECT, "Check a data set and suggest fixes."),
    "mash": Command(_PREPARE, "Sample and render labelled mashups from a folder of stems."),
    "features": Command(_PREPARE, "Extract handcrafted features of audio files."),
    "gap": Command(_INSPECT, "Measure the domain gap between synthetic and test clips."),
    "reuse": Command(_INSPECT, "Check whether test clips contain stems of the training songs."),
    "tune": Command(_PREPARE, "Find mashup settings that match the test clips."),
    "fit": Command(_TRAIN, "Train models by fold, stack them and predict the test clips."),
    "stack": Command(_TRAIN, "Stack the models of finished runs again, without refitting."),
    "ledger": Command(_TRAIN, "Merge the results of several runs of one experiment."),
    "predict": Command(_USE, "Predict clips with a finished run."),
    "pseudo-label": Command(_USE, "Train on confident predictions of a run's test clips."),
    "evaluate": Command(_USE, "Score a run's test predictions against known labels."),
    "report": Command(_USE, "Write a run's report as one HTML file."),
    "serve": Command(_USE, "Serve a local web page that classifies and explains clips."),
    "export": Command(_USE, "Export the networks of a run as ONNX files."),
    "completion": Command(_PROGRAM, "Print the shell completion script."),
}


class LazyGroup(click.Group):
    """Group that imports a command's module only to run it or to show its help."""

    def list_commands(self, ctx):
        """List the commands in the order of the registry."""
        return list(COMMANDS)

    def get_command(self, ctx, name):
        """Import a command; None for an unknown name."""
        if name not in COMMANDS:
            return None
        module = name.replace("-", "_")
        return getattr(importlib.import_module(f".{module}", __package__), f"{module}_command")

    def resolve_command(self, ctx, args):
        """Return a command; for an unknown name, fail with the most similar one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            import difflib

            similar = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {similar[0]!r}?" if similar else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")

    def format_commands(self, ctx, formatter):
        """List the commands by stage, without importing them."""
        width = max(map(len, COMMANDS))
        for stage in dict.fromkeys(command.stage for command in COMMANDS.values()):
            with formatter.section(stage):
                formatter.write_dl(
                    [
                        (name.ljust(width), command.help)
                        for name, command in COMMANDS.items()
                        if command.stage == stage
                    ]
                )

    def shell_complete(self, ctx, incomplete):
        """Complete the names of commands without importing them."""
        from click.shell_completion import CompletionItem

        items = [
            CompletionItem(name, help=command.help)
            for name, command in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return items + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stemstack")
def cli():
    """Classify audio under domain shift: handcrafted features first, deep models stacked on top.

    \b
    stemstack demo-data demo-out/data
    stemstack fit --data demo-out/data --models lr,lgbm,effnet --out demo-out/run
    stemstack evaluate demo-out/run --answers demo-out/answers.csv
    """
    warn_of_unknown_variables(cli)


def main(arguments=None):
    """Run the program.

    Parameters
    ----------
    arguments : list of str, optional
        Those of the command line by default.

    Returns
    -------
    int
        Exit code.

    See Also
    --------
    stemstack.runs.fit_run : The command ``fit`` as a function.

    Examples
    --------
    >>> from stemstack.commands import main
    >>> main(["predict", "RUN", "clip.wav"])  # doctest: +SKIP
    path,label
    clip.wav,jazz
    0
    """
    _open_missing_streams()
    # Skips the final search for reference cycles, which takes seconds with torch.
    atexit.register(gc.freeze)
    warnings.showwarning = _show_warning
    # joblib replaces worker processes that have grown; no job is lost.
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
    _show_log()
    replace_unencodable()
    # Worker processes would repeat warnings that this process has already shown.
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    try:
        with _sigterm_as_exception():
            code = cli(arguments, prog_name="stemstack", standalone_mode=False) or 0
            sys.stdout.flush()
            return code
    except click.ClickException as error:
        error.message = visible(error.message, keep="\n")
        error.show()
        return error.exit_code
    except click.Abort:
        return _stop(signal.SIGINT, arguments)
    except _TerminatedError:
        return _stop(signal.SIGTERM, arguments)
    except StemstackError as error:
        echo_error(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader of stdout has closed it.
        sys.stderr.close()
        return 0
    except OSError as error:
        name = "" if error.filename is None else f"{error.filename}: "
        echo_line(f"error: {name}{error.strerror or error}")
        return 1


def _open_missing_streams():
    """Open stdout and stderr where the caller has closed them, as some schedulers do."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_WRONLY)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            # For worker processes, too.
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "w"))


class _TerminatedError(BaseException):
    """SIGTERM as an exception, so that temporary files are removed like after Ctrl-C."""


@contextmanager
def _sigterm_as_exception():
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread may set handlers.
        return
    before = signal.signal(signal.SIGTERM, _raise_terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _raise_terminated(number, frame):
    # Only once: a second signal ends a process that hangs in its clean-up.
    signal.signal(number, signal.SIG_DFL)
    raise _TerminatedError


def _stop(number, arguments):
    """End the worker processes, say how to continue, and return the exit code of a signal."""
    from ..utils.parallel import stop_workers

    stop_workers()
    name = next(iter(sys.argv[1:] if arguments is None else arguments), None)
    command = cli.get_command(None, name)
    resumes = command is not None and any(p.name == "resume" for p in command.params)
    how = "continue with --resume" if resumes else "run the command again to continue"
    echo_line(f"stopped; {how}")
    return 128 + number


def _show_log():
    """Show log messages, such as the backbone chosen for ``auto``, on stderr."""
    logger = logging.getLogger("stemstack")
    logger.setLevel(logging.INFO)
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter())
    logger.handlers = [handler]


def _show_warning(message, category, filename, lineno, file=None, line=None):
    echo_line(f"warning: {message}")
