"""Checks of names: is every stem of every song where the reader looks for it?"""

import shlex
from collections import defaultdict
from pathlib import Path

from ..files import is_audio
from ..layouts.stems import DEFAULT_STEMS, SONGS_FOLDER, is_misnamed
from .finding import Finding, find


def check_stem_names(survey):
    """Find stems that stand under a name the reader does not look for.

    Yields
    ------
    Finding
        Errors: a misnamed stem trains on fewer stems in silence.
    """
    misnamed = defaultdict(list)
    for song, stem, twin in _gaps(survey):
        if twin is not None:
            misnamed[twin, stem + Path(twin).suffix].append(song)
    for (name, right), songs in sorted(misnamed.items()):
        yield find(
            "error",
            "stem names",
            [f"{SONGS_FOLDER}/{song}/{name}" for song in songs],
            f"{len(songs)} of {len(survey.songs)} songs have {name} instead of {right}",
            f"rename each of them, in its folder: mv {shlex.quote(name)} {shlex.quote(right)}",
            _rename_all(survey.root, name, right),
        )


def check_missing_stems(survey):
    """Find songs that lack a stem under any name.

    Yields
    ------
    Finding
    """
    missing = defaultdict(list)
    for song, stem, twin in _gaps(survey):
        if twin is None:
            missing[stem].append(song)
    for stem, songs in missing.items():
        yield find(
            "error",
            "missing stems",
            [f"{SONGS_FOLDER}/{song}/{stem}.wav" for song in songs],
            f"{len(songs)} of {len(survey.songs)} songs have no {stem}.wav",
            "add the files, choose --stems, or accept it with --allow-missing-stems",
        )


def check_unexpected_files(survey):
    """Find audio files beside the stems that are none, and none misnamed either.

    Yields
    ------
    Finding
    """
    misnamed = {(song, twin) for song, _, twin in _gaps(survey)}
    others = [
        file.relative_to(survey.root).as_posix()
        for file in survey.strangers
        if file.stem not in DEFAULT_STEMS and (_song_of(survey, file), file.name) not in misnamed
    ]
    if others:
        names = ", ".join(sorted({Path(name).name for name in others})[:5])
        yield find(
            "warning",
            "stem names",
            others,
            f"audio files beside the stems that are ignored: {len(others)} ({names})",
            "remove them, or name them with --stems if they are stems",
        )


def check_untracked_files(survey):
    """Find audio files where song folders are expected, which no reader looks at.

    Yields
    ------
    Finding
    """
    if survey.form != "stems":
        return
    top = survey.root / SONGS_FOLDER
    folders = [top, *(folder for folder in sorted(top.iterdir()) if folder.is_dir())]
    strays = [
        file.relative_to(survey.root).as_posix()
        for folder in folders
        for file in sorted(folder.iterdir())
        if file.is_file() and is_audio(file)
    ]
    if strays:
        yield find(
            "warning",
            "stray files",
            strays,
            f"audio files outside any song folder that are ignored: {len(strays)}",
            f"move them to {SONGS_FOLDER}/<class>/<song>/<stem>.wav",
        )


def _gaps(survey):
    """List (song, missing stem, name under which it stands there or None)."""
    names = defaultdict(list)
    for file in survey.strangers:
        names[_song_of(survey, file)].append(file.name)
    return [
        (
            row["song"],
            stem,
            next((n for n in names[row["song"]] if is_misnamed(Path(n).stem, stem)), None),
        )
        for row in survey.songs.to_dict("records")
        for stem in survey.stems
        if not isinstance(row[stem], str)
    ]


def _song_of(survey, file):
    return file.parent.relative_to(survey.root / SONGS_FOLDER).as_posix()


def _rename_all(root, name, right):
    """A shell line that renames a stem in every song that has it, overwriting nothing."""
    pattern = f"{shlex.quote(str(root))}/{SONGS_FOLDER}/*/*/{shlex.quote(name)}"
    return f'for f in {pattern}; do mv -n "$f" "${{f%/*}}"/{shlex.quote(right)}; done'


def check_classes(survey, n_folds):
    """Find classes with fewer songs (or groups of clips) than folds, and data of one class.

    Yields
    ------
    Finding
        Errors where ``fit`` would refuse, and one fact: how many songs each class has.
    """
    counts = survey.songs.groupby("genre")["song"].nunique().sort_index()
    things = "songs" if survey.form == "stems" else "groups of clips"
    if len(counts) < 2:
        yield Finding(
            "error",
            "classes",
            f"{len(counts)} classes",
            f"only {counts.index[0]} has {things}" if len(counts) else f"no class has {things}",
            "put each class's audio in a folder of its name; two classes are needed",
        )
        return
    # A manifest's own folds are used as they are.
    fixed = survey.manifest is not None and "fold" in survey.manifest
    small = counts[counts < n_folds]
    if len(small) and not fixed:
        yield find(
            "error",
            "classes",
            [f"{genre} ({count})" for genre, count in small.items()],
            f"{len(small)} of {len(counts)} classes have fewer {things} than the {n_folds} folds",
            f"add songs, or use --folds {max(2, small.min())}"
            if small.min() > 1
            else "add songs: with a single one a class cannot be held out",
        )
    size = (
        f"{counts.min()}" if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"
    )
    yield Finding("info", "classes", f"{len(counts)} classes", f"{size} {things} each", "")


def check_noise_folds(survey, n_folds):
    """Find fewer noise recordings than folds, and stems without any noise.

    Yields
    ------
    Finding
    """
    if survey.form != "stems":
        return
    if not (survey.files["role"] == "noise").any():
        yield Finding(
            "warning",
            "noise",
            "ESC-50-master/audio",
            "there are no noise clips",
            "put ESC-50 there, or set noise_probability: 0 in the settings of mash and fit",
        )
    elif survey.noise is not None and survey.noise["group"].nunique() < n_folds:
        count = survey.noise["group"].nunique()
        yield Finding(
            "error",
            "noise",
            "ESC-50-master/audio",
            f"{count} noise recordings cannot be dealt out to {n_folds} folds",
            f"add noise clips, use --folds {max(2, count)}, or set noise_probability: 0",
        )
