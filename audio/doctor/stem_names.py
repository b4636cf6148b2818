"""Checks of names: is every stem of every song where the reader looks for it?"""

import shlex
from collections import defaultdict
from pathlib import Path

from ..stem_songs import DEFAULT_STEMS, SONGS_FOLDER, is_misnamed
from ..walking import is_audio
from .finding import find


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


def check_strangers(survey):
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


def check_strays(survey):
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
