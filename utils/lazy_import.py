"""Imports that are delayed, or that leave out unneeded dependencies."""

import importlib
import sys

# skops lists all scikit-learn modules on import, including the adapters to these libraries, and so
# imports them all if it can: seconds and hundreds of MB that classical models never need.
_BLOCKED = ("torch", "dask", "cupy", "jax")


def import_blocking(name):
    """Import a module while array libraries that are not imported yet are hidden from it.

    Parameters
    ----------
    name : str
        Dotted module name, such as ``"skops.io"``.

    Returns
    -------
    module

    Examples
    --------
    >>> import_blocking("json").dumps([])
    '[]'
    """
    hidden = [library for library in _BLOCKED if library not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        return importlib.import_module(name)
    finally:
        for library in hidden:
            del sys.modules[library]


def lazy_exports(package, modules):
    """Return ``__getattr__`` and ``__dir__`` of a package that imports on first use (PEP 562).

    Parameters
    ----------
    package : str
        ``__name__`` of the package.
    modules : dict of str to str
        Relative name of the module that defines each public name, such as ``".folds"``.

    Returns
    -------
    getattr, dir : callable
        The first returns modules of the package too, and raises AttributeError for any other name
        that is not exported; the second lists the package's ``__all__``.

    See Also
    --------
    import_blocking : Imports without optional array libraries.

    Examples
    --------
    >>> from stemstack.utils.lazy_import import lazy_exports
    >>> load, names = lazy_exports("json", {"JSONDecoder": ".decoder"})
    >>> load("JSONDecoder"), "JSONDecoder" in names()
    (<class 'json.decoder.JSONDecoder'>, True)
    """

    def load(name):
        if name in modules:
            return getattr(importlib.import_module(modules[name], package), name)
        try:
            return importlib.import_module(f".{name}", package)
        except ModuleNotFoundError as error:
            # Otherwise the module is there, and a library that it imports is not.
            if error.name != f"{package}.{name}":
                raise
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return load, lambda: sorted(sys.modules[package].__all__)
