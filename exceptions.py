"""The errors stemstack raises on purpose, and the exit code each one means.

Conventions: a message says what was got, what was expected and what to do. The command line turns
any :class:`StemstackError` into one line on stderr and its ``exit_code``; in a script they are
ordinary ``ValueError``/``TypeError``/``ImportError`` children.
"""

import importlib


class StemstackError(Exception):
    """Root of every error stemstack raises on purpose."""

    exit_code = 1


class DataError(StemstackError, ValueError):
    """The data at hand cannot be used as it is: the message names the files and the mend."""


class AudioError(DataError):
    """One file or array is not usable audio."""

    def __init__(self, path, problem):
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem

    def __reduce__(self):
        return type(self), (self.path, self.problem)


class UsageError(StemstackError, ValueError):
    """A parameter, option or configuration value is not one of those expected."""

    exit_code = 2


class ClipTypeError(StemstackError, TypeError):
    """Something that is not a clip was given as one."""

    exit_code = 2


class MissingExtraError(StemstackError, ImportError):
    """A heavy library is needed that comes with an extra not installed."""

    exit_code = 2


class AudioWarning(UserWarning):
    """The audio was usable, but not quite what its file promised."""


class DataWarning(UserWarning):
    """The data set was usable, but holds something that deserves a look."""


def first_line(error):
    """Say in one line what an error of another library says, or what it is if it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def import_optional(module, extra):
    """Import a heavy module, or say which extra brings it.

    Parameters
    ----------
    module : str
        Dotted module name, such as ``"torch"``.
    extra : str
        The stemstack extra that installs it, such as ``"deep"``.

    Returns
    -------
    module

    Raises
    ------
    MissingExtraError
        When the module is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and module.split(".")[0] != error.name.split(".")[0]:
            raise
        raise MissingExtraError(
            f"{module} is not installed; it comes with the {extra!r} extra: "
            f"pip install 'stemstack[{extra}]'"
        ) from error
