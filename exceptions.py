"""Exceptions and warnings of stemstack, and the exit code of each.

Conventions: a message names what was wrong (value or file), what was expected and how to fix it.
The command line prints a :class:`StemstackError` as one line on stderr and exits with its
``exit_code``; in a script they are ordinary ``ValueError``, ``TypeError`` or ``ImportError``.
"""

import importlib


class StemstackError(Exception):
    """Base class of all errors that stemstack raises on purpose.

    Parameters
    ----------
    message : str
    details : iterable of str or exceptions, default=()
        Further lines, such as one per file. They are kept apart from the message, because names in
        either may hold line breaks.

    Examples
    --------
    >>> from stemstack.exceptions import DataError
    >>> print(DataError("2 files cannot be read:", ["a.wav: is empty", "b.wav: is empty"]))
    2 files cannot be read:
      a.wav: is empty
      b.wav: is empty
    """

    exit_code = 1

    def __init__(self, message="", details=()):
        self.message, self.details = str(message), tuple(map(str, details))
        super().__init__("\n  ".join([self.message, *self.details]))

    def __reduce__(self):
        return type(self), (self.message, self.details)


class DataError(StemstackError, ValueError):
    """Raised when input data is unusable; the message names the files and how to fix them."""


class UntrustedError(DataError):
    """Raised when a model needs code or files that the user has not named in ``--trust``."""


class AudioError(DataError):
    """Raised when a file or array is not usable audio.

    Parameters
    ----------
    path : str or os.PathLike
        The file, or a noun such as ``"waveform"``.
    problem : str
        A verb phrase, such as ``"is empty"``.

    Examples
    --------
    >>> from stemstack.exceptions import AudioError
    >>> str(AudioError("a.wav", "is empty"))
    'a.wav: is empty'
    """

    def __init__(self, path, problem):
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem

    def __reduce__(self):
        return type(self), (self.path, self.problem)


class UsageError(StemstackError, ValueError):
    """Raised when a parameter, option or configuration value is not allowed."""

    exit_code = 2


class WeightsError(UsageError, TypeError):
    """Raised when sample weights are passed to an estimator that does not take them."""


class ClipTypeError(StemstackError, TypeError):
    """Raised when an object passed as a clip is not one."""

    exit_code = 2


class MissingExtraError(StemstackError, ImportError):
    """Raised when a library is needed whose extra is not installed."""

    exit_code = 2


class StorageError(StemstackError, OSError):
    """Raised when a file cannot be written: the disk is full, or the folder is read-only."""


class AudioWarning(UserWarning):
    """Issued when audio is usable, but not complete."""


class DataWarning(UserWarning):
    """Issued when a data set is usable, but parts of it are ignored or doubtful."""


def first_line(error):
    """Return the first line of an exception's message, or its class name if it has none.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    str

    Examples
    --------
    >>> from stemstack.exceptions import first_line
    >>> first_line(ValueError("bad shape\\nexpected 2-D")), first_line(ValueError())
    ('bad shape', 'ValueError')
    """
    return next(iter(str(error).splitlines()), type(error).__name__)


def import_optional(module, extra):
    """Import a module of an optional dependency.

    Parameters
    ----------
    module : str
        Dotted module name, such as ``"torch"``.
    extra : str
        The extra that installs it, such as ``"deep"``.

    Returns
    -------
    module

    Raises
    ------
    MissingExtraError
        The module is not installed; the message has the command that installs it.

    Examples
    --------
    >>> from stemstack.exceptions import import_optional
    >>> import_optional("json", "deep").dumps([])
    '[]'
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
