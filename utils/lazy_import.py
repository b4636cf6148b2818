"""Importing skops without what it drags in."""

import importlib
import sys

# skops lists every scikit-learn module when it is imported, the adapters to these libraries among
# them, and so would import them all: seconds and hundreds of MB that classical models never need.
_UNWANTED = ("torch", "dask", "cupy", "jax")


def import_blocking(name):
    """Import a module while the array libraries that are not in use yet cannot be imported.

    Parameters
    ----------
    name : str
        Such as ``"skops.io"``.

    Returns
    -------
    module
    """
    hidden = [library for library in _UNWANTED if library not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        return importlib.import_module(name)
    finally:
        for library in hidden:
            del sys.modules[library]
