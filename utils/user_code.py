"""Functions of a user's own code: of a file, or of a module on the Python path.

Code is imported only when its name comes from the user. The module of a file is registered under a
name that contains the hash of the file's content, so two versions of a file are two modules.
"""

import hashlib
import importlib
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

from ..exceptions import UsageError, first_line

_PREFIX = "_own_"
HASHED_MODULE = re.compile(rf"{_PREFIX}(?P<stem>\w+)_[0-9a-f]{{16}}\.")


def load_function(source, name):
    """Import code and return a function of it.

    Parameters
    ----------
    source : str
        A path that ends in ``.py``, or the dotted name of a module.
    name : str
        The function, or any other callable, at the top level.

    Returns
    -------
    callable

    Raises
    ------
    UsageError
        There is no such file, module or function, or importing it fails.
    """
    module = load_code(source)
    function = getattr(module, name, None)
    if not callable(function):
        found = sorted(
            key
            for key, value in vars(module).items()
            if callable(value) and getattr(value, "__module__", None) == module.__name__
        )
        raise UsageError(
            f"{source}: has no function {name!r}; it defines {', '.join(found) or 'none'}"
        )
    return function


def make_classifier(reference, function, **params):
    """Call a user's function or class, and check that an unfitted classifier comes back.

    Parameters
    ----------
    reference : str
        Its name in messages.
    function : callable
    **params
        Passed to it.

    Returns
    -------
    classifier
        With ``predict_proba``.

    Raises
    ------
    UsageError
        The function fails, or returns something else.
    """
    # Here, as workers that load a family of the user's do without scikit-learn.
    from sklearn.base import is_classifier

    try:
        model = function(**params)
    except Exception as error:
        raise UsageError(
            f"{reference} raised {type(error).__name__}: {first_line(error)}; fix the function, or "
            "give the parameters that it needs, as in NAME(C=2)"
        ) from error
    if isinstance(model, type) or not hasattr(model, "fit") or not is_classifier(model):
        raise UsageError(
            f"{reference} must return an unfitted classifier, such as a scikit-learn pipeline. "
            f"Got {model!r} instead."
        )
    if not hasattr(model, "predict_proba"):
        raise UsageError(
            f"{reference} returns {type(model).__name__}, which has no predict_proba; wrap it in "
            "sklearn.calibration.CalibratedClassifierCV"
        )
    return model


def load_code(source):
    """Import a file or module.

    Parameters
    ----------
    source : str
        A path that ends in ``.py``, or the dotted name of a module.

    Returns
    -------
    module

    Raises
    ------
    UsageError
        There is no such file or module, or importing it fails.
    """
    if is_file(source):
        return _load_file(Path(source).expanduser(), source)
    try:
        return importlib.import_module(source)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{source}: there is no module {error.name!r} on the Python path; install it, set "
            "PYTHONPATH, or give its file, as in path/to/my_models.py:make_svm"
        ) from error
    except Exception as error:
        raise _import_failure(source, error) from error


def code_hash(source):
    """Return the SHA-256 hash of a file or of a module's file, as 64 hexadecimal digits.

    Raises
    ------
    UsageError
        There is no such file or module.
    """
    if is_file(source):
        return hashlib.sha256(_read(Path(source).expanduser(), source)).hexdigest()
    origin = getattr(load_code(source), "__file__", None)
    return hashlib.sha256(Path(origin).read_bytes() if origin else b"").hexdigest()


def is_file(source):
    """Return whether code is named by its file, not by its module."""
    return source.endswith(".py")


def _load_file(path, source):
    content = _read(path, source)
    digest = hashlib.sha256(content).hexdigest()
    name = f"{_PREFIX}{re.sub(r'[^0-9a-zA-Z_]', '_', path.stem)}_{digest[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path.resolve())
    sys.modules[name] = module
    try:
        # The bytes that were hashed: the file may change in the meantime.
        exec(compile(content, module.__file__, "exec"), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _import_failure(source, error) from error
    _send_by_value(module)
    return module


def _read(path, source):
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{source}: cannot be read ({error.strerror}); give the path of a Python file as seen "
            f"from {Path.cwd()}"
        ) from error


def _import_failure(source, error):
    return UsageError(
        f"{source}: importing it fails with {type(error).__name__}: {first_line(error)}; fix the "
        "code"
    )


def _send_by_value(module):
    """Have worker processes get the code itself: they cannot import the module by its name."""
    for pickler in ("joblib.externals.cloudpickle", "cloudpickle"):
        if importlib.util.find_spec(pickler):
            importlib.import_module(pickler).register_pickle_by_value(module)
