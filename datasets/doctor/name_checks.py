"""Checks of names and counts: songs with their stems, classes, and noise recordings."""

import shlex
from collections import defaultdict
from pathlib import PurePosixPath

from ..layouts.shared import NOISE_AUDIO
from ..layouts.stems import DEFAULT_STEMS, is_misnamed
from .finding import Finding


def check_stem_names(data):
    """Find stems under a name that the reader does not look for.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
        Errors: training would silently use fewer stems.
    """
    inventory, misnamed = data.inventory, defaultdict(list)
    for song, stem, name in _missing_stems(inventory):
        if name is not None:
            misnamed[name, stem + PurePosixPath(name).suffix].append(song)
    for (name, correct), songs in sorted(misnamed.items()):
        yield Finding.from_names(
            "error",
            "stem names",
            [f"{inventory.song_folder}/{song}/{name}" for song in songs],
            f"{len(songs)} of {len(inventory.songs)} songs have {name} instead of {correct}",
            f"rename each of them, in its folder: mv {shlex.quote(name)} {shlex.quote(correct)}",
            command=_rename_command(inventory, songs[0], name, correct),
        )


def check_missing_stems(data):
    """Find songs that lack a stem under any name.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    inventory, missing = data.inventory, defaultdict(list)
    for song, stem, name in _missing_stems(inventory):
        if name is None:
            missing[stem].append(song)
    for stem, songs in missing.items():
        yield Finding.from_names(
            "error",
            "missing stems",
            [f"{inventory.song_folder}/{song}/{stem}.wav" for song in songs],
            f"{len(songs)} of {len(inventory.songs)} songs have no {stem}.wav",
            # A stem that no song has is never accepted.
            "add the files, or leave it out of --stems"
            if len(songs) == len(inventory.songs)
            else "add the files, choose --stems, or accept it with --allow-missing-stems",
        )


def check_unexpected_files(data):
    """Find audio files in song folders that are neither a stem nor a misnamed one.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    misnamed = {(song, name) for song, _, name in _missing_stems(data.inventory)}
    paths = [(song, PurePosixPath(path)) for song, path in data.inventory.unexpected]
    others = [
        path
        for song, path in paths
        if path.stem not in DEFAULT_STEMS and (song, path.name) not in misnamed
    ]
    if others:
        names = ", ".join(sorted({path.name for path in others})[:5])
        yield Finding.from_names(
            "warning",
            "stem names",
            others,
            f"audio files in song folders that are not stems and are ignored: {len(others)} "
            f"({names})",
            "remove them, or name them with --stems if they are stems",
        )


def check_names(data):
    """Find class names that look the same, and folders that may not be the classes.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    for problem, fix in data.inventory.notes:
        yield Finding("warning", "names", "classes", problem, fix)


def check_untracked_files(data):
    """Find audio files outside song or class folders, which no reader uses.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    inventory, untracked = data.inventory, data.inventory.untracked
    if untracked and not inventory.has_stems:
        yield Finding.from_names(
            "warning",
            "stray files",
            untracked,
            f"audio files outside class folders are ignored: {len(untracked)}",
            "move each into the folder of its class",
        )
    elif untracked:
        yield Finding.from_names(
            "warning",
            "stray files",
            untracked,
            f"audio files outside any song folder that are ignored: {len(untracked)}",
            f"move them to {inventory.song_folder}/<class>/<song>/<stem>.wav",
        )


def check_classes(data):
    """Find classes with fewer songs (or groups of clips) than folds, and data of a single class.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
        Errors where ``fit`` would stop, and infos: how many songs each class has, and whether
        mashups repeat songs.
    """
    inventory = data.inventory
    counts = inventory.songs.groupby("genre")["song"].nunique().sort_index()
    unit = "songs" if inventory.has_stems else "groups of clips"
    if any(check == "folders" for check, _, _ in inventory.errors):
        # Another finding: the folders are not the classes.
        return
    if len(counts) < 2:
        found = f"only {counts.index[0]} has {unit}" if len(counts) else f"no class has {unit}"
        fix = "put each class's audio in a folder of its name; two classes are needed"
        yield Finding("error", "classes", f"{len(counts)} classes", found, fix)
        return
    # The folds of a manifest are used as they are.
    folds_are_fixed = inventory.manifest is not None and "fold" in inventory.manifest
    is_multilabel = inventory.label_separator is not None
    small = counts[counts < data.n_folds]
    if len(small) and not folds_are_fixed and not is_multilabel:
        yield Finding.from_names(
            "error",
            "classes",
            [f"{genre} ({count})" for genre, count in small.items()],
            f"{len(small)} of {len(counts)} classes have fewer {unit} than the {data.n_folds} "
            "folds",
            f"add songs, or use --folds {small.min()}"
            if small.min() > 1
            else "add songs: a class with a single one cannot be held out",
        )
    elif inventory.has_stems:
        for problem, fix in describe_few_songs(counts, data.n_folds, len(inventory.stems)):
            yield Finding("info", "classes", f"{len(counts)} classes", problem, fix)
    if is_multilabel:
        yield from _check_rare_labels(counts, data.n_folds)
    low, high = counts.min(), counts.max()
    size = f"{low}" if low == high else f"{low} to {high}"
    yield Finding("info", "classes", f"{len(counts)} classes", f"{size} {unit} each", "")


def _check_rare_labels(counts, n_folds):
    """Find labels of too few groups of clips; of several labels a fold may lack some."""
    single, rare = counts.index[counts == 1], counts.index[(counts > 1) & (counts < n_folds)]
    if len(single):
        yield Finding.from_names(
            "error",
            "classes",
            single,
            f"{len(single)} of {len(counts)} labels are in a single group of clips",
            "add clips with them, or remove them: they cannot be held out",
        )
    if len(rare):
        yield Finding.from_names(
            "warning",
            "classes",
            rare,
            f"{len(rare)} of {len(counts)} labels have fewer groups of clips than the {n_folds} "
            "folds, and some folds cannot score them",
            "add clips with them, or use fewer --folds",
        )


def describe_few_songs(counts, n_folds, n_stems):
    """Describe folds with fewer songs of a class than the stems of a mashup, whose songs differ.

    Parameters
    ----------
    counts : Series of int
        Number of songs by class.
    n_folds, n_stems : int

    Yields
    ------
    problem, fix : str
        Once, if there are such folds.

    Examples
    --------
    >>> import pandas as pd
    >>> from stemstack.datasets.doctor.name_checks import describe_few_songs
    >>> for problem, fix in describe_few_songs(pd.Series({"jazz": 12, "rock": 20}), 5, 4):
    ...     print(f"{problem}; {fix}")
    a fold has 2 songs of jazz, and mashups of 4 stems repeat songs; use --folds 3, or add songs
    """
    genre, few = counts.idxmin(), int(counts.min())
    if few // n_folds >= n_stems:
        return
    held, enough = few // n_folds, few // n_stems
    songs = "1 song" if held == 1 else f"{held} songs"
    yield (
        f"a fold has {songs} of {genre}, and mashups of {n_stems} stems repeat songs",
        f"use --folds {enough}, or add songs" if enough > 1 else "add songs",
    )


def check_noise_recordings(data):
    """Find fewer noise recordings than folds, and stems without any noise.

    Parameters
    ----------
    data : CheckInput

    Yields
    ------
    Finding
    """
    inventory = data.inventory
    if not inventory.has_stems:
        return
    if not (inventory.files["role"] == "noise").any():
        yield Finding(
            "error",
            "noise",
            NOISE_AUDIO,
            "there are no noise clips",
            "put ESC-50 there, or set noise_probability: 0 in the settings of mash and fit",
        )
    elif inventory.noise is not None and inventory.noise["group"].nunique() < data.n_folds:
        count = inventory.noise["group"].nunique()
        yield Finding(
            "error",
            "noise",
            NOISE_AUDIO,
            f"{count} noise recordings cannot be split into {data.n_folds} folds",
            f"add noise clips, use --folds {max(2, count)}, or set noise_probability: 0",
        )


def _missing_stems(inventory):
    """List (song, missing stem, file name under which the song has it, or None)."""
    names = defaultdict(list)
    for song, path in inventory.unexpected:
        names[song].append(PurePosixPath(path).name)
    return [
        (row["song"], stem, _find_misnamed(names[row["song"]], stem))
        for row in inventory.songs.to_dict("records")
        for stem in inventory.stems
        if not isinstance(row[stem], str)
    ]


def _find_misnamed(names, stem):
    return next((name for name in names if is_misnamed(PurePosixPath(name).stem, stem)), None)


def _rename_command(inventory, song, name, correct):
    """Return a shell line that renames a stem in every song, overwriting nothing."""
    top = f"{shlex.quote(str(inventory.root))}/{inventory.song_folder}"
    any_song = "/".join("*" for _ in PurePosixPath(song).parts)
    pattern = f"{top}/{any_song}/{shlex.quote(name)}"
    return f'for f in {pattern}; do mv -n "$f" "${{f%/*}}"/{shlex.quote(correct)}; done'
