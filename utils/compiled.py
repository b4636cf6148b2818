"""Compilation by numba, whose cache on disk may be read-only, full or damaged.

numba raises an error where it cannot store or load compiled code. Here the code is compiled again
instead, which takes up to a minute.
"""

import logging
import os
from contextlib import suppress

from numba import config, njit
from numba.core import caching

from ..exceptions import first_line
from .cache import choose_library_caches

__all__ = ["njit"]

_LOGGER = logging.getLogger("stemstack")


# The names of numba's classes differ between versions, those of this list's attribute do not. The
# first is the locator of the folder that the user names.
_LOCATORS = caching.CompileResultCacheImpl._locator_classes


class _NowhereLocator(_LOCATORS[0]):
    """Place that cannot be written to, for numba's list of places where compiled code is stored."""

    @classmethod
    def from_function(cls, py_func, py_file):
        """Return a locator without creating its folder."""
        return cls(py_func, py_file)


def _load_or_compile(load):
    def load_overload(cache, sig, target_context):
        try:
            return load(cache, sig, target_context)
        except Exception as error:  # The type depends on where the file is damaged.
            _LOGGER.warning(
                "%s: damaged, compiling again (%s)", cache.cache_path, first_line(error)
            )
            with suppress(OSError):
                cache.flush()
            return None

    return load_overload


def _save_if_possible(save):
    def save_overload(cache, sig, data):
        try:
            save(cache, sig, data)
        except OSError as error:
            cache.disable()
            _log_once(
                "Compiled code cannot be stored (%s); each process compiles it again. "
                "NUMBA_CACHE_DIR names another folder",
                error.strerror or error,
            )

    return save_overload


_LOGGED = set()


def _log_once(message, *values):
    if message not in _LOGGED:
        _LOGGED.add(message)
        _LOGGER.warning(message, *values)


def _prepare():
    """Choose the folder and make numba's cache tolerant, once per process."""
    try:
        choose_library_caches()
    except OSError as error:  # Not even a temporary folder can be written to.
        _log_once("There is no folder to store compiled code in (%s)", error.strerror or error)
    config.CACHE_DIR = config.CACHE_DIR or os.environ.get("NUMBA_CACHE_DIR", "")
    _LOCATORS.append(_NowhereLocator)
    caching.Cache.load_overload = _load_or_compile(caching.Cache.load_overload)
    caching.Cache.save_overload = _save_if_possible(caching.Cache.save_overload)


_prepare()
