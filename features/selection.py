"""Selection of families and statistics by name, and the names of their columns."""

import re
from functools import cache

import numpy as np

from ..exceptions import UsageError
from .descriptors import FAMILIES
from .descriptors.family import Family, is_reference, load_family
from .statistics import STATISTICS


def resolve_families(families):
    """Return the families that a ``families`` parameter selects.

    Parameters
    ----------
    families : str or sequence of str
        ``"standard"``, ``"all"``, a family's name, a regular expression that matches whole names,
        a reference to a family of a user's own code, such as ``"my_families.py:crest"``, or
        several of these. Families that were resolved before are accepted as well.

    Returns
    -------
    tuple of Family
        Each once: those of the package in registry order, then a user's own in the order given.

    Raises
    ------
    UsageError
        A name or expression matches no family, a family of a user's own cannot be loaded, or two
        families have a row of the same name.
    """
    groups = {
        "all": set(FAMILIES),
        "standard": {name for name, family in FAMILIES.items() if family.standard},
    }
    selected, own = set(), {}
    for item in _as_list(families, "families", (str, Family)):
        family = load_family(item) if isinstance(item, str) and is_reference(item) else item
        if isinstance(family, str):
            selected |= groups.get(item) or _matching(item, FAMILIES, "families", "family")
        elif FAMILIES.get(family.name) is family:
            selected.add(family.name)
        else:
            own[family] = None
    _check_own_families(own)
    return (*(family for name, family in FAMILIES.items() if name in selected), *own)


def resolve_statistics(statistics):
    """Return the names of the statistics that a ``statistics`` parameter selects.

    Parameters
    ----------
    statistics : str or sequence of str
        ``"standard"``, ``"all"``, a name, a regular expression, or several of these.

    Returns
    -------
    tuple of str
        In the order of ``STATISTICS``, each once.

    Raises
    ------
    UsageError
        A name or expression matches no statistic.
    """
    selected = set()
    for item in _as_list(statistics, "statistics", str):
        if item in ("standard", "all"):
            selected |= set(STATISTICS)
        else:
            selected |= _matching(item, STATISTICS, "statistics", "statistic")
    return tuple(name for name in STATISTICS if name in selected)


def feature_names(families="standard", statistics="standard"):
    """Return the names of the columns of families.

    Parameters
    ----------
    families : str or sequence of str, default="standard"
        Feature families, as in :class:`SpectralFeatures`.
    statistics : str or sequence of str, default="standard"
        Statistics of each row, as in :class:`SpectralFeatures`.

    Returns
    -------
    list of str

    Raises
    ------
    UsageError
        A name or expression matches no family or no statistic.

    See Also
    --------
    family_of : The family of each column.

    Examples
    --------
    >>> from stemstack.features import feature_names
    >>> feature_names(["tempo", "centroid"], ["mean", "std"])
    ['centroid_mean', 'centroid_std', 'tempo']
    """
    statistics = resolve_statistics(statistics)
    return [c for family in resolve_families(families) for c in family.column_names(statistics)]


def family_of(columns):
    """Return the family of each feature column.

    Parameters
    ----------
    columns : sequence of str
        Column names, such as ``"mfcc_03_mean"``.

    Returns
    -------
    list of (str or None)
        Names of registered families; None for other columns, such as a principal component.

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
    return {c: family.name for family in FAMILIES.values() for c in family.column_names()}


def _check_own_families(families):
    """Check that a user's own families share no name or row with each other or the registry."""
    owners = {label: f for f in FAMILIES.values() for label in (f.name, *f.rows)}
    for family in families:
        if family.code is None:
            raise UsageError(
                f"Family {family.name!r} is neither registered nor loaded from a file: select it "
                f"as 'my_families.py:{family.__name__}'"
            )
        labels = {family.name, *family.rows}
        repeated = [row for row in family.rows if family.rows.count(row) > 1]
        taken = repeated[:1] or sorted(labels & owners.keys())[:1]
        if taken:
            other = owners.get(taken[0], family)
            raise UsageError(
                f"{family.code.reference}: the name {taken[0]!r} is taken by family "
                f"{other.name!r}; give the family and its rows other names"
            )
        owners |= dict.fromkeys(labels, family)


def _as_list(items, parameter, types):
    items = [items] if isinstance(items, types) else items
    if (
        not isinstance(items, list | tuple | set | frozenset | np.ndarray)
        or not len(items)
        or not all(isinstance(item, types) for item in items)
    ):
        raise UsageError(
            f"The {parameter!r} parameter must be a name or a list of names. Got {items!r} instead."
        )
    return list(items)


def _matching(pattern, names, parameter, kind):
    """Return the names that a name or regular expression matches, as a set; at least one."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"{pattern!r} is not a regular expression: {error}") from error
    found = {name for name in names if name == pattern or compiled.fullmatch(name)}
    if not found:
        raise UsageError(
            f"{parameter}={pattern!r} matches no {kind}. Expected 'standard', 'all', a regular "
            f"expression or a name among {', '.join(names)}."
        )
    return found
