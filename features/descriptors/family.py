"""Feature families: what a descriptor declares about itself, and the decorator that declares it.

A family is a group of rows over time, such as the 20 rows of ``mfcc``, each of which is reduced to
the statistics of :mod:`stemstack.features.statistics`; a *scalar* family, such as ``tempo``,
returns numbers of the whole clip. Column names are ``<row>_<statistic>``, such as
``mfcc_03_mean``; the column of a scalar is named as its row.
"""

import dataclasses
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...exceptions import UsageError
from ...utils.user_code import code_hash, is_file, load_function
from ..statistics import STATISTICS

_REFERENCE = re.compile(r"(.+\.py|[A-Za-z_][\w.]*):[A-Za-z_]\w*")


@dataclass(frozen=True)
class UserCode:
    """Origin of a family outside of the package.

    Attributes
    ----------
    reference : str
        ``path.py:name``, the path absolute, or ``package.module:name``.
    digest : str
        Hash of the file's content. Files that this file imports are not part of it.
    """

    reference: str
    digest: str


@dataclass(eq=False, repr=False)
class Family:
    """One named group of descriptors.

    Attributes
    ----------
    name : str
    rows : tuple of str
        Row names, in order.
    function : callable
        Takes a :class:`~stemstack.features.ClipDescriptors`, returns an array of shape
        (n_rows, n_frames), or (n_rows,) for a scalar family.
    unit : str
        Unit of the rows; empty for numbers without one.
    explanation : str
        What the family measures, in words for a listener.
    standard : bool
        Belongs to ``families="standard"``.
    scalar : bool
        The rows are numbers of the whole clip, not reduced by statistics.
    code : UserCode or None
        Where a family outside of the package comes from.
    """

    name: str
    rows: tuple
    function: Callable
    unit: str = ""
    explanation: str = ""
    standard: bool = False
    scalar: bool = False
    code: UserCode | None = None

    def __post_init__(self):
        functools.update_wrapper(self, self.function)

    def __call__(self, clip):
        """Compute the rows of one clip.

        Parameters
        ----------
        clip : ClipDescriptors

        Returns
        -------
        ndarray of shape (n_rows, n_frames), or (n_rows,) for a scalar family
        """
        rows = self.function(clip)
        rows = np.atleast_1d(rows) if self.scalar else np.atleast_2d(rows)
        if self.code is not None:
            self._check_rows(rows)
        return rows

    def __repr__(self):
        return f"<family {self.name if self.code is None else self.code.reference}>"

    def __reduce__(self):
        # A family is pickled by reference, as a function is.
        if self.code is None:
            return self.__qualname__
        return load_family, (self.code.reference, self.code.digest)

    def column_names(self, statistics=STATISTICS):
        """Return the names of this family's columns.

        Parameters
        ----------
        statistics : sequence of str, default=STATISTICS

        Returns
        -------
        list of str
        """
        if self.scalar:
            return list(self.rows)
        return [f"{row}_{statistic}" for row in self.rows for statistic in statistics]

    def _check_rows(self, rows):
        expected = f"({len(self.rows)},)" if self.scalar else f"({len(self.rows)}, n_frames)"
        if rows.ndim != 2 - self.scalar or len(rows) != len(self.rows) or not rows.size:
            raise UsageError(
                f"Family {self.name!r} of {self.code.reference} must return an array of shape "
                f"{expected}. Got {rows.shape} instead."
            )
        if not np.isfinite(rows).all():
            raise UsageError(
                f"Family {self.name!r} of {self.code.reference} returned NaN or infinite values; "
                "return a finite number for every clip, also for silence"
            )


def descriptor(name, *, rows=1, unit="", explanation="", standard=False, scalar=False):
    """Declare a function of one clip as a feature family.

    Parameters
    ----------
    name : str
        Name of the family.
    rows : int or sequence of str, default=1
        Number of rows, which are then named ``<name>_00``, ``<name>_01``, …, or their names. A
        single row is named as the family.
    unit : str, default=""
        Unit of the rows, such as ``"Hz"``.
    explanation : str, default=""
        What the family measures, in words for a listener: "prefers jazz, mostly for …".
    standard : bool, default=False
        Belongs to ``families="standard"``.
    scalar : bool, default=False
        The function returns one number per row rather than a row over time.

    Returns
    -------
    callable
        Decorator of a function that takes a :class:`ClipDescriptors` and returns an array of shape
        (n_rows, n_frames), or (n_rows,) for a scalar family; for a single row, the row or number
        itself will do. The decorated function becomes a family.

    See Also
    --------
    ClipDescriptors : What the function may use of a clip.
    FAMILIES : The families of the package.

    Examples
    --------
    >>> import numpy as np
    >>> from stemstack.features import ClipDescriptors, descriptor
    >>> @descriptor("peak", scalar=True, explanation="peak level")
    ... def peak(clip):
    ...     return np.abs(clip.samples).max()
    >>> peak.column_names()
    ['peak']
    >>> peak(ClipDescriptors(np.array([0.25, -0.5], np.float32), sr=22050))
    array([0.5], dtype=float32)
    """
    if isinstance(rows, int):
        rows = [name] if rows == 1 else numbered(name, rows)

    def decorate(function):
        return Family(name, tuple(rows), function, unit, explanation, standard, scalar)

    return decorate


def numbered(name, count):
    """Return ``count`` row names, numbered with as many digits as the last one needs."""
    width = len(str(count - 1))
    return [f"{name}_{i:0{width}d}" for i in range(count)]


def is_reference(text):
    """Return whether a text refers to a family of a user's own code, such as ``file.py:name``."""
    return _REFERENCE.fullmatch(text) is not None


def load_family(reference, digest=None):
    """Load a family from a user's own file or module.

    Parameters
    ----------
    reference : str
        ``my_families.py:crest`` or ``package.module:crest``.
    digest : str, optional
        Hash that the file's content must have, as in a worker process.

    Returns
    -------
    Family
        The same object each time while the file does not change.

    Raises
    ------
    UsageError
        The file or name does not exist, importing it fails, the object is not a family, or the
        content of the file is another one.
    """
    source, name = reference.rsplit(":", 1)
    if is_file(source):
        source = str(Path(source).expanduser().resolve())
    code = UserCode(f"{source}:{name}", code_hash(source))
    if digest not in (None, code.digest):
        raise UsageError(f"{source} changed while it was in use; run again with the new version")
    family = load_function(source, name)
    if not isinstance(family, Family):
        raise UsageError(
            f"{reference!r} is not a feature family: decorate the function with "
            "stemstack.features.descriptor"
        )
    return _attach_code(family, code)


@functools.cache
def _attach_code(family, code):
    """Return a family with its code, the same object each time: families compare by identity."""
    return dataclasses.replace(family, code=code)
