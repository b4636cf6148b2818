"""Layout (a): songs as stems, ``genres_stems/<class>/<song>/<stem>.wav``, with a noise folder.

A stem that is looked for under the wrong name costs a quarter of the training data in silence, so
here a missing stem is an error that names the songs and the mend.
"""

import warnings
from pathlib import Path

import pandas as pd

from ...exceptions import DataError, DataWarning
from ...utils.formatting import format_names
from ..files import find_audio, is_audio, name_within
from .manifest import read_csv_text

DEFAULT_STEMS = ("drums", "vocals", "bass", "other")
SONGS_FOLDER = "genres_stems"
NOISE_FOLDER = "ESC-50-master"
NOISE_AUDIO = f"{NOISE_FOLDER}/audio"
NOISE_TABLE = f"{NOISE_FOLDER}/meta/esc50.csv"


def is_stem_folder(root):
    """Tell whether a folder has the competition's ``genres_stems``."""
    return Path(root, SONGS_FOLDER).is_dir()


def read_songs(root, *, stems=DEFAULT_STEMS, allow_missing_stems=False):
    """Read the songs of the competition layout.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that holds ``genres_stems``.
    stems : sequence of str
        The stem names to look for.
    allow_missing_stems : bool, default=False
        Leave a missing stem as None instead of raising.

    Returns
    -------
    DataFrame
        Columns ``song, label, group`` and a path column for each stem.

    Raises
    ------
    DataError
        There are fewer than two classes, a class has no song, or a stem is missing somewhere.

    Warns
    -----
    DataWarning
        Song folders hold audio files that are not stems; they are ignored.
    """
    root = Path(root)
    table, strangers = list_songs(root, stems)
    _check_classes(root, table)
    if not allow_missing_stems:
        _check_stems(table, stems, strangers)
    _check_not_empty(table, stems)
    if strangers:
        _warn_of_unexpected_files(strangers, stems)
    table.insert(2, "group", table["song"])
    return table


def list_songs(root, stems):
    """List the songs as they stand, whatever they lack.

    Parameters
    ----------
    root : Path
    stems : sequence of str

    Returns
    -------
    table : DataFrame
        Columns ``song, label`` and a path column for each stem, None where the song lacks it.
    strangers : list of Path
        Audio files in song folders that are none of the stems.
    """
    rows, strangers = [], []
    for song in _song_folders(root):
        files = {f.stem: f for f in sorted(song.iterdir()) if f.is_file() and is_audio(f)}
        row = {"song": name_within(song, root / SONGS_FOLDER), "label": song.parent.name}
        row |= {s: name_within(files[s], root) if s in files else None for s in stems}
        rows.append(row)
        strangers += [files[name] for name in sorted(files.keys() - set(stems))]
    return pd.DataFrame(rows, columns=["song", "label", *stems]), strangers


def is_misnamed(name, stem):
    """Tell whether a file's name without suffix is a stem's but for case and a final s."""
    return name.lower().rstrip("s") == stem.lower().rstrip("s")


def read_noise(root):
    """Read the noise clips of an ESC-50-shaped folder, if there is one.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that may hold ``ESC-50-master``.

    Returns
    -------
    DataFrame or None
        Columns ``path, category, group``; clips of one group are cut from one recording. Without
        a meta table every clip is its own group and has no category.
    """
    root = Path(root)
    files = find_audio(root / NOISE_AUDIO)
    if not files:
        return None
    table = pd.DataFrame({"path": [name_within(file, root) for file in files]})
    meta = root / NOISE_TABLE
    if not meta.exists():
        return table.assign(category="", group=table["path"])
    rows = read_csv_text(meta, ["filename", "category", "src_file"]).set_index("filename")
    rows = rows[~rows.index.duplicated()].reindex([file.name for file in files])
    return table.assign(
        category=rows["category"].fillna("").to_numpy(),
        group=rows["src_file"].fillna(pd.Series(table["path"].to_numpy(), rows.index)).to_numpy(),
    )


def _song_folders(root):
    return [
        song
        for label in sorted((root / SONGS_FOLDER).iterdir())
        if label.is_dir()
        for song in sorted(label.iterdir())
        if song.is_dir()
    ]


def _check_classes(root, table):
    if table["label"].nunique() < 2:
        raise DataError(
            f"{root / SONGS_FOLDER}: {table['label'].nunique()} classes hold songs; two are needed "
            f"(expected {SONGS_FOLDER}/<class>/<song>/<stem>.wav)"
        )


def _check_stems(table, stems, strangers):
    for stem in stems:
        lacking = table["song"][table[stem].isna()]
        if lacking.empty:
            continue
        raise DataError(
            f"{format_names(lacking)} of {len(table)} songs lack {stem}.wav{_hint(stem, strangers)}"
        )


def _hint(stem, strangers):
    """Say what the missing stem is probably called on disk."""
    twin = next((f for f in strangers if is_misnamed(f.stem, stem)), None)
    if twin is None:
        return "; add the files, choose --stems, or accept it with --allow-missing-stems"
    return (
        f", but there is {twin.name}: rename those files to {stem}{twin.suffix}, or name the stem "
        f"with --stems if every song has {twin.name}"
    )


def _check_not_empty(table, stems):
    silent = table["song"][table[list(stems)].isna().all(axis=1)]
    if len(silent):
        raise DataError(
            f"{format_names(silent)} of {len(table)} songs have none of the stems "
            f"{', '.join(stems)}; remove the folders or choose --stems"
        )


def _warn_of_unexpected_files(strangers, stems):
    names = sorted({file.name for file in strangers})
    warnings.warn(
        f"{len(strangers)} audio files beside the stems {', '.join(stems)} are ignored: "
        f"{', '.join(names[:5])}{', …' if len(names) > 5 else ''}",
        DataWarning,
        stacklevel=3,
    )
