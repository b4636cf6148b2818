"""The families of descriptors: what each is called, how many rows it has and how they are named.

A family is a group of rows over time (``mfcc`` has 20, ``centroid`` one), each summed up by the
statistics of :mod:`.summaries`; a *scalar* family (``tempo``) gives numbers of the whole clip.
Column names are ``<row>_<statistic>``, such as ``mfcc_03_mean``; a scalar's column is its row.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

import numpy as np

from ..exceptions import UsageError
from .statistics import STATISTICS


@dataclass(frozen=True)
class Family:
    """One named group of descriptors.

    Attributes
    ----------
    name : str
    rows : tuple of str
        The row names, in order.
    compute : callable
        Takes an :class:`~stemstack.features.analysis.ClipDescriptors`, gives an array of shape
        (n_rows, n_frames), or (n_rows,) for a scalar family.
    scalar : bool
        The rows are numbers of the whole clip, not summed up by statistics.
    standard : bool
        Belongs to ``families="standard"``.
    """

    name: str
    rows: tuple
    compute: Callable
    scalar: bool = False
    standard: bool = True

    def column_names(self, statistics=STATISTICS):
        """Name the columns this family gives under some statistics."""
        if self.scalar:
            return list(self.rows)
        return [f"{row}_{statistic}" for row in self.rows for statistic in statistics]


def _family(name, n_rows=1, *, rows=None, **options):
    """A family read from the analysis's attribute of its name, rows numbered when not named."""
    rows = rows or (_numbered(name, n_rows) if n_rows > 1 else [name])
    return Family(name, tuple(rows), attrgetter(name), **options)


def _numbered(name, count):
    width = len(str(count - 1))
    return [f"{name}_{i:0{width}d}" for i in range(count)]


_HPSS_ROWS = ["harmonic_share", *_numbered("harmonic_share", 8)]
_HPSS_ROWS += [
    f"{part}_{row}"
    for part in ("harmonic", "percussive")
    for row in ("centroid", "entropy", "flux")
]
_MODULATION_ROWS = [
    f"{band}_{octave}" for band in _numbered("modulation", 16) for octave in range(6)
]
_TEXTURE_ROWS = [*_numbered("texture_level", 8), *_numbered("texture_change", 8)]


_TABLE = (
    _family("mfcc", 20),
    _family("mfcc_delta", 20),
    _family("mfcc_delta2", 20),
    _family("chroma", 12),
    _family("contrast", 7),
    _family("centroid"),
    _family("bandwidth"),
    _family("rolloff"),
    _family("flatness"),
    _family("zcr"),
    _family("rms"),
    _family("tonnetz", 6),
    _family("onset_strength"),
    _family("logmel", 128),
    _family("tempo", scalar=True),
    _family("levelfree", 128, standard=False),
    _family("entropy", standard=False),
    _family("flux", standard=False),
    _family("denoised", 32, standard=False),
    _family("pcen", 32, standard=False),
    _family("hpss", rows=_HPSS_ROWS, standard=False),
    _family("octaves", 8, standard=False),
    _family("texture", rows=_TEXTURE_ROWS, standard=False),
    _family("modulation", rows=_MODULATION_ROWS, scalar=True, standard=False),
    _family("beat_histogram", 19, scalar=True, standard=False),
    _family("beat_ratios", 9, scalar=True, standard=False),
    _family("dynamics", rows=["loudness_range", "peak_to_loudness"], scalar=True, standard=False),
)

FAMILIES = {family.name: family for family in _TABLE}


def resolve_families(families):
    """Turn a ``families`` parameter into family names.

    Parameters
    ----------
    families : str or sequence of str
        ``"standard"``, ``"all"``, a family's name, a regular expression that matches whole names,
        or several of these.

    Returns
    -------
    tuple of str
        In the house order, each once.

    Raises
    ------
    UsageError
        A name or expression matches no family.
    """
    groups = {
        "all": set(FAMILIES),
        "standard": {name for name, family in FAMILIES.items() if family.standard},
    }
    wanted = set()
    for item in _as_list(families, "families"):
        found = groups.get(item) or _matching(item, FAMILIES)
        if not found:
            raise UsageError(
                f"families={item!r} matches no family. Expected 'standard', 'all', a regular "
                f"expression or a name among {', '.join(FAMILIES)}."
            )
        wanted |= found
    return tuple(name for name in FAMILIES if name in wanted)


def resolve_statistics(statistics):
    """Turn a ``statistics`` parameter into statistic names, in the house order.

    Parameters
    ----------
    statistics : str or sequence of str
        ``"standard"``, ``"all"``, a name, a regular expression, or several of these.

    Returns
    -------
    tuple of str

    Raises
    ------
    UsageError
        A name or expression matches no statistic.
    """
    wanted = set()
    for item in _as_list(statistics, "statistics"):
        found = set(STATISTICS) if item in ("standard", "all") else _matching(item, STATISTICS)
        if not found:
            raise UsageError(
                f"statistics={item!r} matches no statistic. Expected 'standard', a regular "
                f"expression or a name among {', '.join(STATISTICS)}."
            )
        wanted |= found
    return tuple(name for name in STATISTICS if name in wanted)


def feature_names(families="standard", statistics="standard"):
    """Name the columns that :class:`SpectralFeatures` gives.

    Parameters
    ----------
    families, statistics : str or sequence of str
        As of :class:`SpectralFeatures`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> feature_names(["tempo", "centroid"], ["mean", "std"])
    ['centroid_mean', 'centroid_std', 'tempo']
    """
    statistics = resolve_statistics(statistics)
    return [
        column
        for name in resolve_families(families)
        for column in FAMILIES[name].column_names(statistics)
    ]


def family_of(columns):
    """Return the family of each feature column.

    Parameters
    ----------
    columns : sequence of str
        Column names, such as ``"mfcc_03_mean"``.

    Returns
    -------
    list of (str or None)
        Family names; None for a column of no family, such as a principal component.

    See Also
    --------
    feature_names : The columns of families.

    Examples
    --------
    >>> from stemstack.features import family_of
    >>> family_of(["mfcc_03_mean", "tempo", "pca0"])
    ['mfcc', 'tempo', None]
    """
    return [_family_by_column().get(column) for column in columns]


@cache
def _family_by_column():
    return {column: name for name in FAMILIES for column in FAMILIES[name].column_names()}


def _as_list(items, parameter):
    items = [items] if isinstance(items, str) else items
    if (
        not isinstance(items, list | tuple | set | frozenset | np.ndarray)
        or not len(items)
        or not all(isinstance(item, str) for item in items)
    ):
        raise UsageError(
            f"The {parameter!r} parameter must be a name or a list of names. Got {items!r} instead."
        )
    return list(items)


def _matching(pattern, names):
    if pattern in names:
        return {pattern}
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r} is not a regular expression: {error}") from error
    return {name for name in names if compiled.fullmatch(name)}
