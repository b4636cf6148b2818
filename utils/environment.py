"""Environment variables, set for a while."""

import os
from contextlib import contextmanager


@contextmanager
def environment_variable(name, value):
    """Set an environment variable within a ``with`` block, and restore it after.

    Parameters
    ----------
    name, value : str

    Examples
    --------
    >>> import os
    >>> with environment_variable("STEMSTACK_EXAMPLE", "1"):
    ...     os.environ["STEMSTACK_EXAMPLE"]
    '1'
    >>> "STEMSTACK_EXAMPLE" in os.environ
    False
    """
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
