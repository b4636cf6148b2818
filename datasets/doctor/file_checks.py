"""Checks of files as files: can they be read, are they whole, are they alike?"""

import dataclasses

from ...audio.reading import DEFAULT_SR
from .finding import ROLES, Finding, by_role, describe_spread, find, find_files

# In seconds: less gives no loudness, no tempo and hardly a frame of features.
SHORTEST = 1.0
# A stem far shorter than the others is more often an export that stopped than a short song.
SHORT_OF_MEDIAN = 0.5
# In seconds: codecs pad stems by some 50 ms; more shifts them against each other.
STEMS_APART = 0.1


def check_unusable(files):
    """Find files that are missing, empty, or not audio, by what is wrong with them.

    Yields
    ------
    Finding
    """
    for role, part in by_role(files):
        for problem, those in part.groupby("problem", sort=True):
            what, _, mend = problem.partition("; ")
            found = f"{len(those)} of {len(part)} {ROLES[role]}: {what}"
            if what == "no such file":
                mend = "put the files there, or remove the lines that name them"
                yield find("error", "missing files", those["path"], found, mend)
            else:
                mend = mend or "copy or convert them again, or remove them"
                yield find("error", "unreadable files", those["path"], found, mend)


def check_cut_short(files):
    """Find files that end before their header says.

    Yields
    ------
    Finding
        Errors: such files are read as far as they go, so the loss would be silent.
    """
    for role, part in by_role(files):
        those = part[part["lack"].notna()]
        if len(those):
            yield find(
                "error",
                "cut short",
                those["path"],
                f"{len(those)} of {len(part)} {ROLES[role]} end before their header says "
                f"({those['lack'].iloc[0]} missing in the first)",
                "copy or download them again",
            )


def check_rates(files):
    """Find roles whose files differ in sample rate, and rates below what features are made at.

    Yields
    ------
    Finding
    """
    yield from _check_mix(
        files, "sr", "sample rate", "{:.0f} Hz".format,
        "all is resampled when read, but what was recorded lower lacks highs that may give its "
        "class away: replace those files, or convert all to one rate",
    )  # fmt: skip
    yield from find_files(
        files,
        files["sr"] < DEFAULT_SR,
        "warning",
        "sample rate",
        f"are below {DEFAULT_SR} Hz and hold nothing in the highest bands of the features",
        "replace them by recordings of a higher rate; resampling brings nothing back",
    )


def check_channels(files):
    """Find roles that mix mono with stereo, and channels that cancel each other.

    Yields
    ------
    Finding
    """
    yield from _check_mix(
        files, "channels", "channels", _name_channels,
        "channels are averaged when read; nothing to do unless one genre stands out",
    )  # fmt: skip


def check_lengths(files):
    """Find files that are very short, stems short of the usual, and stems of unequal length.

    Yields
    ------
    Finding
    """
    # Of a file that is cut short the length is not its own.
    files = files[files["lack"].isna()]
    yield from find_files(
        files,
        files["seconds"] < SHORTEST,
        "warning",
        "length",
        f"are shorter than {SHORTEST:g} s",
        "remove or replace them: there is too little to learn from",
    )
    stems = files[files["role"] == "stem"]
    usual = stems["seconds"].median()
    yield from find_files(
        stems,
        (stems["seconds"] >= SHORTEST) & (stems["seconds"] < SHORT_OF_MEDIAN * usual),
        "warning",
        "length",
        f"are shorter than half the usual {usual:.1f} s",
        "check that their export is whole",
    )
    lengths = stems.groupby("song")["seconds"]
    apart = lengths.max() - lengths.min()
    uneven = apart[apart > STEMS_APART]
    if len(uneven):
        yield find(
            "warning",
            "length",
            uneven.index,
            f"{len(uneven)} of {len(apart)} songs have stems whose lengths differ, by up to "
            f"{uneven.max():.1f} s",
            "export the stems again from one start to one end; until then sums end with the "
            "shortest",
        )


def describe_contents(files):
    """Tell rate, channels and lengths of each role's files.

    Yields
    ------
    Finding
        Facts.
    """
    for role, part in by_role(files):
        usable = part[part["sr"].notna()]
        if usable.empty:
            continue
        rates = ", ".join(f"{rate:.0f} Hz" for rate in sorted(usable["sr"].unique()))
        channels = ", ".join(_name_channels(n) for n in sorted(usable["channels"].unique()))
        low, middle, high = usable["seconds"].quantile([0, 0.5, 1])
        yield Finding(
            "info",
            "contents",
            f"{len(part)} {ROLES[role]}",
            f"{rates}, {channels}, {low:.1f} to {high:.1f} s (median {middle:.1f})",
            "",
        )


def _check_mix(files, column, check, name, mend):
    for role, part in by_role(files):
        counts = part[column].dropna().value_counts()
        if len(counts) < 2:
            continue
        odd = part[part[column].notna() & (part[column] != counts.index[0])]
        mix = ", ".join(f"{name(value)} × {count}" for value, count in counts.items())
        spread = describe_spread(odd)
        found = f"{ROLES[role]} differ: {mix}" + (f"; the rarer ones{spread}" if spread else "")
        yield find("warning", check, odd["path"], found, mend)


def _name_channels(count):
    return {1: "mono", 2: "stereo"}.get(int(count), f"{count:.0f} channels")


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
