"""Layout of songs in stems, ``genres_stems/<class>/<song>/<stem>.wav``, with a noise folder.

A stem under another name than expected would silently cost a quarter of the training data, so a
missing stem is an error that lists the songs.
"""

import warnings
from pathlib import Path, PurePosixPath

import pandas as pd

from ...exceptions import DataError, DataWarning
from ...utils.formatting import format_names
from ..dataset import (
    DataSet,
    Inventory,
    Layout,
    list_stem_files,
    list_unlabelled_files,
    warn_of,
)
from ..files import is_audio, name_within
from ..names import describe_similar_labels, normalize_name
from .shared import (
    NOISE_TABLE,
    TEST_TABLE,
    list_noise,
    list_test,
    paths_of,
    read_noise,
    read_or_note,
    read_submission_header,
    read_test,
)
from .splits import is_split

DEFAULT_STEMS = ("drums", "vocals", "bass", "other")
SONGS_FOLDER = "genres_stems"


def read_songs(root, *, stems=DEFAULT_STEMS, allow_missing_stems=False):
    """Read the songs of a folder of stems.

    Parameters
    ----------
    root : str or os.PathLike
        The folder that holds ``genres_stems``.
    stems : sequence of str, default=("drums", "vocals", "bass", "other")
        Names of the stems.
    allow_missing_stems : bool, default=False
        Whether a missing stem becomes None instead of an error; not one that every song lacks, or
        that a file of a similar name may be.

    Returns
    -------
    DataFrame
        Columns ``song, label, group`` and one path column per stem.

    Raises
    ------
    DataError
        There are fewer than two classes, a song has no stem at all, a stem is missing, or two files
        are the same stem.

    Warns
    -----
    DataWarning
        Song folders hold audio files that are not stems, which are ignored; or classes look the
        same.
    """
    root = Path(root)
    table, unexpected, doubles = list_songs(root, stems)
    names = sorted({PurePosixPath(path).name for _, path in unexpected})
    for _, error in _find_problems(root, table, doubles):
        raise error
    _check_classes(root, table)
    _check_stems(table, stems, unexpected, allow_missing_stems)
    _check_songs_have_stems(table, stems)
    if unexpected:
        warnings.warn(
            f"{len(unexpected)} audio files in song folders are ignored, because they are not one "
            f"of the stems {', '.join(stems)}: {format_names(names)}",
            DataWarning,
            stacklevel=2,
        )
    warn_of(root, _list_notes(root))
    table.insert(2, "group", table["song"])
    return table


def list_songs(root, stems):
    """List the songs, including incomplete ones.

    Parameters
    ----------
    root : Path
    stems : sequence of str

    Returns
    -------
    table : DataFrame
        Columns ``song, label`` and one path column per stem, None where the song lacks it.
    unexpected : list of (str, str)
        Song and path of each audio file in a song folder that is not one of the stems.
    doubles : list of (str, str)
        Path of a stem, and the name of another file that is the same stem of the song.
    """
    rows, unexpected, doubles = [], [], []
    for folder in _song_folders(root):
        song, files = name_within(folder, root / SONGS_FOLDER), {}
        for file in sorted(folder.iterdir()):
            if file.is_file() and is_audio(file):
                if file.stem in stems and file.stem in files:
                    doubles.append((name_within(files[file.stem], root), file.name))
                files[file.stem] = file
        row = {"song": song, "label": normalize_name(folder.parent.name)}
        row |= {s: name_within(files[s], root) if s in files else None for s in stems}
        rows.append(row)
        unexpected += [
            (song, files[name].relative_to(root).as_posix())
            for name in sorted(files.keys() - set(stems))
        ]
    return pd.DataFrame(rows, columns=["song", "label", *stems]), unexpected, doubles


def is_misnamed(name, stem):
    """Return whether a file name without suffix is a stem's, except for case and a final s.

    Examples
    --------
    >>> is_misnamed("Others", "other"), is_misnamed("mix", "other")
    (True, False)
    """
    return name.lower().rstrip("s") == stem.lower().rstrip("s")


def _detect(path):
    return Path(path, SONGS_FOLDER).is_dir()


def _read(path, *, stems, allow_missing_stems):
    return DataSet(
        path,
        read_songs(path, stems=stems, allow_missing_stems=allow_missing_stems),
        read_test(path),
        read_noise(path),
        read_submission_header(path),
    )


def _take_inventory(path, *, stems):
    songs, unexpected, doubles = list_songs(path, stems)
    problems = _find_problems(path, songs, doubles)
    errors = [(check, SONGS_FOLDER, error) for check, error in problems]
    songs = songs.rename(columns={"label": "genre"})
    test = read_or_note(list_test, path, ("test ids", TEST_TABLE), errors)
    noise = read_or_note(read_noise, path, ("noise", NOISE_TABLE), errors)
    files = [
        list_stem_files(songs, stems),
        list_unlabelled_files(paths_of(test), "test"),
        # Listed without its table, which may be broken.
        list_unlabelled_files(list_noise(path), "noise"),
    ]
    return Inventory(
        path,
        songs=songs,
        files=pd.concat(files, ignore_index=True),
        stems=tuple(stems),
        song_folder=SONGS_FOLDER,
        unexpected=unexpected,
        untracked=_list_untracked(path),
        test=test,
        noise=noise,
        errors=errors,
        notes=_list_notes(path),
    )


STEMS = Layout(
    "stems",
    expected=f"{SONGS_FOLDER}/<class>/<song>/<stem>.wav",
    detect=_detect,
    read=_read,
    take_inventory=_take_inventory,
)


def _subfolders(folder):
    return [path for path in sorted(folder.iterdir()) if path.is_dir()]


def _song_folders(root):
    labels = _subfolders(root / SONGS_FOLDER)
    return [song for label in labels for song in _subfolders(label) if not _is_leftover(song)]


def _is_leftover(folder):
    """Return whether a folder is one that programs leave, such as ``.ipynb_checkpoints``."""
    return folder.name.startswith(".") and not any(map(is_audio, folder.iterdir()))


def _list_untracked(root):
    """List the audio files where only song folders are expected."""
    top = root / SONGS_FOLDER
    return [
        file.relative_to(root).as_posix()
        for folder in [top, *_subfolders(top)]
        for file in sorted(folder.iterdir())
        if file.is_file() and is_audio(file)
    ]


def _list_notes(root):
    """Return what is doubtful about the class folders, and how to fix it."""
    return describe_similar_labels(folder.name for folder in _subfolders(root / SONGS_FOLDER))


def _check_classes(root, table):
    if table["label"].nunique() < 2:
        raise DataError(
            f"{root / SONGS_FOLDER}: {table['label'].nunique()} classes have songs; at least two "
            f"are needed (expected {SONGS_FOLDER}/<class>/<song>/<stem>.wav)"
        )


def _find_problems(root, table, doubles):
    """Yield what makes the songs unusable: the doctor's check, and the error of the reader."""
    labels = table["label"].unique()
    if len(labels) and all(map(is_split, labels)):
        yield (
            "folders",
            DataError(
                f"{root / SONGS_FOLDER}: {format_names(labels)} are parts of a split, not classes; "
                f"move the folders of one part up, to {SONGS_FOLDER}/<class>/<song>/<stem>.wav"
            ),
        )
    for path, other in doubles[:1]:
        problem = f"{path} and {other} are the same stem; remove one of them"
        yield "stems", DataError(f"{root}: {problem}")


def _check_stems(table, stems, unexpected, allow_missing):
    """Raise an error for missing stems; those allowed are neither misnamed nor in no song."""
    for stem in stems:
        incomplete = table["song"][table[stem].isna()]
        names = {PurePosixPath(path) for song, path in unexpected if song in set(incomplete)}
        name = min((n.name for n in names if is_misnamed(n.stem, stem)), default=None)
        is_in_none = len(incomplete) == len(table)
        if len(incomplete) and (name or is_in_none or not allow_missing):
            raise DataError(
                f"{format_names(incomplete)} of {len(table)} songs lack {stem}.wav"
                f"{_hint(stem, name, is_in_none)}"
            )


def _hint(stem, name, is_in_none):
    """Return how to fix a missing stem, which may only be misnamed."""
    if name is not None:
        return (
            f", but there is {name}: rename those files to {stem}{PurePosixPath(name).suffix}, or "
            f"name the stem with --stems if every song has {name}"
        )
    if is_in_none:
        return "; add the files, or leave it out of --stems"
    return "; add the files, choose --stems, or accept it with --allow-missing-stems"


def _check_songs_have_stems(table, stems):
    empty = table["song"][table[list(stems)].isna().all(axis=1)]
    if len(empty):
        raise DataError(
            f"{format_names(empty)} of {len(table)} songs have none of the stems "
            f"{', '.join(stems)}; remove the folders or choose --stems"
        )
