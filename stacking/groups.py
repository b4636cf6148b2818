"""Groups of clips: what each is made of, so that no song is on both sides of a split.

Mashups know their songs and noise clips. Of paths it is an estimate: files with the same content,
or numbered alike in one folder, may be one recording.
"""

import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ..exceptions import DataError, DataWarning
from ..utils.hashing import hash_file

_NUMBER = re.compile(r"[\s._-]*\d+$")


def connected_groups(origins):
    """Number rows by connected component: rows that share an origin are in one group.

    Rows are in one group also when they share origins with a third row only.

    Parameters
    ----------
    origins : sequence of collections of hashable
        What each row is made of, such as songs. A row without origins is a group of its own.

    Returns
    -------
    ndarray of shape (n,), int
        Numbered by the first row of each group.
    """
    rows = np.repeat(np.arange(len(origins)), [len(of_row) for of_row in origins])
    columns, names = pd.factorize(
        pd.Series([o for of_row in origins for o in of_row], dtype=object)
    )
    contains = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(origins), len(names)))
    contains = contains.tocsr()
    return connected_components(contains @ contains.T, directed=False)[1]


def clip_groups(X):
    """Return the groups of clips that know what they are made of.

    Parameters
    ----------
    X : sequence of clips or array-like of shape (n, n_features)
        Mashups have ``origins``: names of songs and noise clips.

    Returns
    -------
    ndarray of shape (n,), int, or None
        None if no clip has origins. Otherwise a clip without them is a group of its own.
    """
    if getattr(X, "ndim", 1) != 1:
        return None
    origins = [getattr(clip, "origins", ()) for clip in X]
    return connected_groups(origins) if any(origins) else None


def resolve_groups(X, y, groups):
    """Return the groups given, or else those of clips that know what they are made of.

    Parameters
    ----------
    X : sequence of clips or array-like of shape (n, n_features)
    y : ndarray of shape (n,)
    groups : array-like of shape (n,) or None

    Returns
    -------
    array-like of shape (n,), or None

    Raises
    ------
    DataError
        All clips of a class share songs or noise clips, so that no split can separate them.
    """
    if groups is not None or (groups := clip_groups(X)) is None:
        return groups
    n_groups = pd.Series(groups).groupby(y).nunique()
    if (n_groups < 2).any():
        label = n_groups.index[n_groups < 2][0]
        raise DataError(
            f"All clips of class {label} are connected by songs or noise clips that they share, so "
            "no split keeps these on one side; draw mashups within folds, from a fold for each "
            "song and noise clip, or pass groups"
        )
    return groups


def warn_of_shared_recordings(X, y, folds):
    """Warn if clips that seem to be of one recording are in different folds.

    Parameters
    ----------
    X : sequence of clips or array-like of shape (n, n_features)
    y : ndarray of shape (n,)
    folds : ndarray of shape (n,), int

    Warns
    -----
    DataWarning
        Mashups of different folds share songs or noise clips; or files of different folds have the
        same content, or names in one folder that differ in a number, unless all clips of the class
        there do.
    """
    groups = clip_groups(X)
    if groups is None:
        groups = _path_groups(X, y)
    if groups is None:
        return
    table = pd.DataFrame({"group": groups, "fold": folds})
    leaking = table[table.groupby("group")["fold"].transform("nunique") > 1]
    if len(leaking):
        first, *others = leaking.index[leaking["group"] == leaking["group"].iloc[0]]
        other = next(row for row in others if folds[row] != folds[first])
        warnings.warn(
            f"{len(leaking)} clips seem to share recordings with clips in other folds, such as "
            f"{_describe(X, first)} and {_describe(X, other)}; scores are too high if they do. "
            "Pass the recording or song of each clip as groups",
            DataWarning,
            stacklevel=3,
        )


def _describe(X, row):
    clip = X.iloc[row] if hasattr(X, "iloc") else X[row]
    return str(clip) if isinstance(clip, str | Path) else f"row {row}"


def _path_groups(X, y):
    """Return groups of files that seem to be of one recording; None if ``X`` holds other clips."""
    if getattr(X, "ndim", 1) != 1 or not all(isinstance(clip, str | Path) for clip in X):
        return None
    paths = [Path(clip) for clip in X]
    contents, numbered = _contents(paths), _numbered_names(paths, y)
    return connected_groups(
        [[name for name in pair if name] for pair in zip(contents, numbered, strict=True)]
    )


def _contents(paths):
    """Return the hash of each file that has the size of another, else None."""
    sizes = [path.stat().st_size if path.is_file() else None for path in paths]
    counts = Counter(sizes)
    return [
        hash_file(path) if size is not None and counts[size] > 1 else None
        for path, size in zip(paths, sizes, strict=True)
    ]


def _numbered_names(paths, labels):
    """Return folder and name without the number at its end; None where this names no recording.

    Where all clips of a class in a folder have one such name, it is that of the class, and the
    number is that of the song.
    """
    table = pd.DataFrame({"folder": [path.parent for path in paths], "label": labels})
    table["name"] = [_NUMBER.sub("", path.stem) for path in paths]
    table.loc[[not _NUMBER.search(path.stem) for path in paths], "name"] = ""
    n_names = table.groupby(["folder", "label"])["name"].transform("nunique")
    is_recording = (table["name"] != "") & (n_names > 1)
    pairs = zip(table["folder"], table["name"], strict=True)
    return [pair if is_one else None for pair, is_one in zip(pairs, is_recording, strict=True)]
