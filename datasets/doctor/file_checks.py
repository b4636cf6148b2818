"""Checks of files: readable, complete, alike in format, not duplicated."""

import dataclasses

import numpy as np

from ...audio.reading import DEFAULT_SR
from .finding import ROLES, Finding, by_role, findings_by_role, format_spread

# In seconds: shorter clips give no loudness, no tempo and hardly a frame of features.
MIN_SECONDS = 1.0
# A stem far shorter than the median is more often an incomplete export than a short song.
MIN_SHARE_OF_MEDIAN = 0.5
# In seconds: codecs pad stems by some 50 ms; more shifts them against each other.
MAX_STEM_DIFFERENCE = 0.1


def check_unusable(data):
    """Find files that are missing, empty, or not audio, grouped by their problem.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    for role, group in by_role(data.files):
        for message, bad in group.groupby("problem", sort=True):
            problem, _, fix = message.partition("; ")
            check = "unreadable files"
            fix = fix or "copy or convert them again, or remove them"
            if problem == "no such file":
                check, fix = "missing files", "add the files, or remove the lines that name them"
            found = f"{len(bad)} of {len(group)} {ROLES[role]}: {problem}"
            yield Finding.from_names("error", check, bad["path"], found, fix)


def check_truncated(data):
    """Find files that are shorter than their header declares, or damaged.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
        Errors: such files are read as far as possible, so the loss would go unnoticed.
    """
    for role, group in by_role(data.files):
        bad = group[group["missing"].notna()]
        if len(bad):
            yield Finding.from_names(
                "error",
                "cut short",
                bad["path"],
                f"{len(bad)} of {len(group)} {ROLES[role]} are shorter than their header declares "
                f"or damaged ({bad['missing'].iloc[0]} in the first)",
                "copy or download them again",
            )


def check_sample_rates(data):
    """Find roles whose files differ in sample rate, and rates below the features' default.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    yield from _find_mixture(
        data.files,
        "sr",
        "sample rate",
        "{:.0f} Hz".format,
        "all files are resampled when read, but a lower rate lacks high frequencies, which may "
        "give the class away: replace those files, or convert all to one rate",
    )
    yield from findings_by_role(
        data.files,
        data.files["sr"] < DEFAULT_SR,
        "warning",
        "sample rate",
        f"are below {DEFAULT_SR} Hz and have no content in the highest bands of the features",
        "replace them by recordings of a higher rate; resampling does not restore the content",
    )


def check_channels(data):
    """Find roles that mix mono with stereo.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    yield from _find_mixture(
        data.files,
        "channels",
        "channels",
        _name_channels,
        "channels are averaged when read; nothing to do unless one genre stands out",
    )


def check_lengths(data):
    """Find very short files, stems much shorter than the median, and stems of unequal length.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    # The length of a truncated file is not its own.
    files = data.files[data.files["missing"].isna()]
    yield from findings_by_role(
        files,
        files["seconds"] < MIN_SECONDS,
        "warning",
        "length",
        f"are shorter than {MIN_SECONDS:g} s",
        "remove or replace them: they are too short to learn from",
    )
    stems = files[files["role"] == "stem"]
    median = stems["seconds"].median() if stems["seconds"].notna().any() else np.nan
    is_short = (stems["seconds"] >= MIN_SECONDS) & (stems["seconds"] < MIN_SHARE_OF_MEDIAN * median)
    yield from findings_by_role(
        stems,
        is_short,
        "warning",
        "length",
        f"are shorter than half the usual {median:.1f} s",
        "check that their export is complete",
    )
    lengths = stems.groupby("song")["seconds"]
    differences = lengths.max() - lengths.min()
    uneven = differences[differences > MAX_STEM_DIFFERENCE]
    if len(uneven):
        yield Finding.from_names(
            "warning",
            "length",
            uneven.index,
            f"{len(uneven)} of {len(differences)} songs have stems whose lengths differ, by up to "
            f"{uneven.max():.1f} s",
            "export the stems again with the same start and end; until then mashups end with the "
            "shortest",
        )


def summarize_contents(data):
    """Summarize rate, channels and lengths of each role's files.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
        Infos.
    """
    for role, group in by_role(data.files):
        usable = group[group["sr"].notna()]
        if usable.empty:
            continue
        rates = ", ".join(f"{rate:.0f} Hz" for rate in sorted(usable["sr"].unique()))
        channels = ", ".join(_name_channels(n) for n in sorted(usable["channels"].unique()))
        low, median, high = usable["seconds"].quantile([0, 0.5, 1])
        found = f"{rates}, {channels}, {low:.1f} to {high:.1f} s (median {median:.1f})"
        yield Finding("info", "contents", f"{len(group)} {ROLES[role]}", found, "")


def _find_mixture(files, column, check, name, fix):
    """Find roles whose files differ in a column; the rarer values are listed."""
    for role, group in by_role(files):
        counts = group[column].dropna().value_counts()
        if len(counts) < 2:
            continue
        rarer = group[group[column].notna() & (group[column] != counts.index[0])]
        mixture = ", ".join(f"{name(value)} × {count}" for value, count in counts.items())
        spread = format_spread(rarer)
        found = f"{ROLES[role]} differ: {mixture}"
        found += f"; the rarer ones{spread}" if spread else ""
        yield Finding.from_names("warning", check, rarer["path"], found, fix)


def _name_channels(count):
    return {1: "mono", 2: "stereo"}.get(int(count), f"{count:.0f} channels")


# Severity, kind and fix of duplicates.
_DUPLICATES = (
    ("error", "two genres", "keep each in its correct genre only: no model can learn both"),
    (
        "warning",
        "training and test data",
        "remove them from training, or scores on the test clips will be optimistic",
    ),
    (
        "warning",
        "two songs of one genre",
        "remove the copies, or give both one group: in different folds they leak",
    ),
    ("warning", "two files", "remove the copies, and check whether they replaced other files"),
)


def check_duplicates(data):
    """Find files with the same audio, except for silent ones.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
        One for each kind of duplicate; ``where`` lists the files of each recording.
    """
    files = data.files
    audible = files[files["content"].notna() & (files["peak"] > 0)]
    copies = audible[audible.duplicated("content", keep=False)]
    groups = [group for _, group in copies.groupby("content", sort=False)]
    kinds = [_duplicate_kind(group) for group in groups]
    for severity, kind, fix in _DUPLICATES:
        paths = [tuple(g["path"]) for g, k in zip(groups, kinds, strict=True) if k == kind]
        if paths:
            pairs = [" = ".join(same) for same in paths]
            found = f"the same audio is in {kind}: {len(paths)} recordings"
            finding = Finding.from_names(severity, "duplicates", pairs, found, fix)
            yield dataclasses.replace(finding, files=sum(paths, ()))


def _duplicate_kind(group):
    if group["genre"].nunique() > 1:
        return "two genres"
    if group["role"].nunique() > 1 and "test" in group["role"].to_numpy():
        return "training and test data"
    if group["song"].nunique() > 1:
        return "two songs of one genre"
    return "two files"
