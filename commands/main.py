"""The program ``stemstack``: finds the command, and turns errors into one line and an exit code.

Progress and messages go to stderr, data to stdout. Exit 0 is fine, 1 bad data, 2 bad usage.
"""

import atexit
import gc
import importlib
import logging
import os
import sys
import warnings

import click

from .. import __version__
from ..exceptions import StemstackError

# Listed with their help, so that --help imports none of them.
COMMANDS = {
    "demo-data": "Render a demo data set in the competition's layout.",
    "doctor": "Check a data set and say how to mend what is wrong.",
    "mash": "Draw and render labelled mashups from a folder of stems.",
    "features": "Compute handcrafted features of audio files into a Parquet table.",
    "gap": "Tell whether synthetic and test clips can be told apart, and by what.",
    "reuse": "Tell whether test clips hold stems of the training songs.",
    "tune": "Search for mashup settings that match the test clips.",
    "fit": "Train models out of fold, stack them, predict the test clips.",
    "stack": "Stack the models of finished runs anew, without refitting.",
    "ledger": "Merge what several runs of one experiment computed.",
    "predict": "Predict clips with a finished run.",
    "pseudo-label": "Learn from a run's own test clips, where held-out songs approve.",
    "evaluate": "Score a run's test predictions against known answers.",
    "report": "Write a run's report as one HTML file.",
    "serve": "Show a local web page that answers for the clips dropped on it.",
    "export": "Write the nets of a run as ONNX files.",
    "completion": "Print what a shell needs to complete commands, options and models.",
}
# By the stage of the work; a command that is in none follows a fit.
STAGES = {
    "Look at data": ("demo-data", "doctor", "gap", "reuse"),
    "Make training data": ("tune", "mash", "features"),
    "Train": ("fit", "stack", "ledger"),
    "After a fit": (),
    "The program": ("completion",),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only to run it or show its own help."""

    def list_commands(self, ctx):
        """List the commands in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx, name):
        """Import one command; None for a name that is none."""
        if name not in COMMANDS:
            return None
        module = name.replace("-", "_")
        return getattr(importlib.import_module(f".{module}", __package__), f"{module}_command")

    def resolve_command(self, ctx, args):
        """Say which command was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")

    def format_commands(self, ctx, formatter):
        """List the commands by stage, without importing them."""
        staged = {name: title for title, names in STAGES.items() for name in names}
        widest = max(map(len, COMMANDS))
        for title in STAGES:
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(widest), told)
                        for name, told in COMMANDS.items()
                        if staged.get(name, "After a fit") == title
                    ]
                )

    def shell_complete(self, ctx, incomplete):
        """Complete the commands' names without importing them."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=told)
            for name, told in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stemstack")
def cli():
    """Classify audio under domain shift: handcrafted features first, deep models stacked on top.

    \b
    stemstack demo-data demo-out/data
    stemstack fit --data demo-out/data --models lr,lgbm,effnet --out demo-out/run
    stemstack evaluate demo-out/run --answers demo-out/answers.csv
    """


def main(arguments=None):
    """Run the program.

    Parameters
    ----------
    arguments : list of str, optional
        The command line's, by default.

    Returns
    -------
    int
        The exit code.
    """
    # What a command leaves behind is not searched for cycles again: seconds, with torch.
    atexit.register(gc.freeze)
    warnings.showwarning = _show_warning
    # joblib replaces worker processes that have grown; their jobs are done all the same.
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
    _show_notes()
    # Worker processes would repeat what the checks in this process have already shown.
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    try:
        return cli(arguments, prog_name="stemstack", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("stopped", err=True)
        return 130
    except StemstackError as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except BrokenPipeError:
        # The reader of stdout left; nothing more can be said to it.
        sys.stderr.close()
        return 0
    except OSError as error:
        click.echo(f"error: {error.filename or 'system'}: {error.strerror or error}", err=True)
        return 1


def _show_notes():
    """Show what the rooms log, such as the backbone that ``auto`` came to, on stderr."""
    logger = logging.getLogger("stemstack")
    logger.setLevel(logging.INFO)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.handlers = [handler]


def _show_warning(message, category, filename, lineno, file=None, line=None):
    click.echo(f"warning: {message}", err=True)
