"""Duplicate audio: the same samples under two names, whatever the container."""

import dataclasses

from .finding import find

_KINDS = (
    (
        "two genres",
        "error",
        "under two genres",
        "keep each in its right genre only: no model can learn both",
    ),
    (
        "training and test",
        "warning",
        "in training and test data",
        "remove them from training, or scores on the test clips will flatter",
    ),
    (
        "two songs",
        "warning",
        "in two songs of one genre",
        "remove the copies, or give both one group: over two folds they leak",
    ),
    (
        "two names",
        "warning",
        "under two names",
        "remove the copies, and look for what they have overwritten",
    ),
)


def check_duplicates(files):
    """Find files of the same sound; silent ones are alike by nature and left out.

    Yields
    ------
    Finding
        One for each kind of duplicate; ``where`` pairs the names.
    """
    sounding = files[files["content"].notna() & (files["peak"] > 0)]
    copies = sounding[sounding.duplicated("content", keep=False)]
    groups = [group for _, group in copies.groupby("content", sort=False)]
    kinds = [_kind(group) for group in groups]
    for kind, severity, what, mend in _KINDS:
        those = [group["path"] for group, k in zip(groups, kinds, strict=True) if k == kind]
        if those:
            pairs = [" = ".join(paths) for paths in those]
            found = f"the same audio stands {what}: {len(those)} recordings"
            finding = find(severity, "duplicates", pairs, found, mend)
            paths = tuple(path for group in those for path in group)
            yield dataclasses.replace(finding, files=paths)


def _kind(group):
    if group["genre"].nunique() > 1:
        return "two genres"
    if group["role"].nunique() > 1 and "test" in group["role"].to_numpy():
        return "training and test"
    if group["song"].nunique() > 1:
        return "two songs"
    return "two names"
