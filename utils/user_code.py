"""Objects of a user's own code, named ``my_file.py:name`` or ``package.module:name``."""

import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ..exceptions import UsageError, first_line
from .hashing import hash_bytes

_REFERENCE = re.compile(r"(?P<module>.+\.py|[A-Za-z_][\w.]*):(?P<name>[A-Za-z_]\w*)")


@dataclass(frozen=True)
class UserCode:
    """Reference to an object of a user's own code, with the content of its file.

    Attributes
    ----------
    reference : str
        ``path.py:name``, the path absolute, or ``package.module:name``.
    digest : str
        Hash of the file's content. Files that this file imports are not part of it.
    """

    reference: str
    digest: str


def is_reference(text):
    """Check whether a text has the form ``my_file.py:name`` or ``package.module:name``.

    Examples
    --------
    >>> is_reference("my_families.py:crest"), is_reference("(?:mfcc|rms)")
    (True, False)
    """
    return _REFERENCE.fullmatch(text) is not None


def load_user_object(reference, digest=None):
    """Import an object by reference. This runs the code of its file.

    Parameters
    ----------
    reference : str
        ``my_file.py:name``, relative to the working directory, or ``package.module:name``.
    digest : str, optional
        Hash that the file's content must have, as in a worker process; not checked by default.

    Returns
    -------
    loaded : object
        The same object each time while the file does not change.
    code : UserCode

    Raises
    ------
    UsageError
        There is no such file, module or name in it, the code fails, or the content of the file is
        not that of ``digest``.
    """
    place, name = _REFERENCE.fullmatch(reference).group("module", "name")
    if place.endswith(".py"):
        place = str(Path(place).expanduser().resolve())
        content = _read_source(place, reference)
        module = _execute_file(place, content)
    else:
        module = _import_module(place, reference)
        content = _read_source(getattr(module, "__file__", None) or place, reference)
    code = UserCode(f"{place}:{name}", hash_bytes(content))
    if digest not in (None, code.digest):
        raise UsageError(f"{place} changed while it was in use; run again with the new version")
    if not hasattr(module, name):
        raise UsageError(f"{reference!r}: {place} does not define {name!r}")
    return getattr(module, name), code


def _read_source(path, reference):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{reference!r}: cannot read {path} ({(error.strerror or 'unknown error').lower()}); "
            "expected FILE.py:NAME or PACKAGE.MODULE:NAME"
        ) from error


def _execute_file(path, content):
    """Run a file as a module that is named by its path and content, unless it is loaded already."""
    module_name = f"stemstack_user_code_{hash_bytes(path.encode() + content)}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    module = ModuleType(module_name)
    module.__file__ = path
    sys.modules[module_name] = module
    try:
        exec(compile(content, path, "exec"), vars(module))
    except Exception as error:
        del sys.modules[module_name]
        raise UsageError(
            f"{path} cannot be imported: {type(error).__name__}: {first_line(error)}"
        ) from error
    return module


def _import_module(name, reference):
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise UsageError(
            f"{reference!r}: module {name} cannot be imported: "
            f"{type(error).__name__}: {first_line(error)}"
        ) from error
